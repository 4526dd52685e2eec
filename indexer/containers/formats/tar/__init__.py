"""Tar: ``members`` walks the headers, ``search`` finds them behind damage; ``extensions``, ``sparse`` parse fields."""
