"""Plan -> shards: read, check and convert images, and write output files."""
