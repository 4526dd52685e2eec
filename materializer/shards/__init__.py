"""Plan -> shards: read, check and convert images, write shards in an output format, record their rows."""
