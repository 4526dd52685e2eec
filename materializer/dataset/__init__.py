"""A finished dataset: the files that describe it, its card, verification, grading and conversion."""
