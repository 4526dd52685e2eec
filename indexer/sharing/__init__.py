"""Selection <-> file: export a selection so that another lab can rebuild it, import one, compare two.

A shared manifest is a folder of data, never a DuckDB file: ``files.parquet`` (rows in canonical order),
``manifest.json`` (what they were made from, and digests that two labs compare by eye), ``file_ids/*.txt`` in the
published form, ``README.md`` made from it.
"""
