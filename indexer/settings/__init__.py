"""Settings of the command line and of the Python API: local.cfg, the manifest's file, limits, workers."""
