"""Zip: ``end`` and ``directory`` parse the index, ``listing`` and ``salvage`` make rows, ``reading`` reads members."""
