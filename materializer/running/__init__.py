"""Run a build: output lock, preflight checks, spill files, workers, resuming, builds in parts."""
