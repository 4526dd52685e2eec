"""7z: ``header`` parses the index, ``folders`` unpacks blocks, ``members`` reads, ``edges`` checks volumes."""
