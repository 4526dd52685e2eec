"""7z: ``header`` parses the index, ``folders`` unpacks blocks, ``members`` lists and reads members."""
