"""Exports: share a selection so that another lab can rebuild it, import one, compare two.

An export is a folder of data, never a DuckDB file: ``files.parquet`` (rows in canonical order), ``manifest.json``
(recipe, counts, and digests to compare by eye), ``file_ids/*.txt`` in the published form, and a ``README.md``.
"""
