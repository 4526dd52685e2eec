"""Print rows, messages and progress."""
