"""The manifest: the DuckDB file, its schema, and read-only SQL over it."""
