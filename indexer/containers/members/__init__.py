"""Members of containers on their way to raw rows: entries, rows, unpacking budgets."""
