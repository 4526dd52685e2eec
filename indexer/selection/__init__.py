"""Selections of a manifest, by recipe, by query or by list of ids. The steps are the SQL files in ``sql/select``.

::

    recipe          TOML -> Recipe (recipe_filters: its SQL, which recipe_inputs runs in the sandbox)
    by_recipe       Recipe -> selection: quotas, splitting (balance), storing
    by_query        query_recipe, query_rows (the sandbox) -> selection
    by_list         id_lists -> selection
    excluding       pictures that must not occur
    inspecting      candidates -> rows of the table inspection
    audit           selection -> duplicates, leaks, label shortcuts, pictures that two selections share
"""
