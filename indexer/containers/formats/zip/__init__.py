"""Zip: ``end`` and ``directory`` are its index, ``listing`` makes rows of it, ``salvage`` does without; ``reading``."""
