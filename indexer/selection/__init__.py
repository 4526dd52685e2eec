"""Selections of a manifest, by recipe or by list of ids. The steps are the SQL files in ``sql/select``.

::

    recipe          TOML -> Recipe
    by_recipe       Recipe -> selection: quotas, splitting (balance), storing
    by_list         lists of file ids -> selection
    inspecting      candidates -> rows of the table inspection
    audit           selection -> duplicates, leaks, label shortcuts
"""
