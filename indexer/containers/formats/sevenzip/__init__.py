"""7z: ``header`` (of ``shapes``) is its index, ``folders`` unpacks its blocks, ``members`` walks through it."""
