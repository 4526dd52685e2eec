"""A finished dataset: its record, card, verification, grading and conversion."""
