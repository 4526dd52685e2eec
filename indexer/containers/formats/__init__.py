"""One module or package per archive format: list its members, read their bytes."""
