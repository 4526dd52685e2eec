"""Walk a container and the archives nested in it, level by level."""
