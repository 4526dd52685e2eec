"""Run a build: locks, preflight checks, workers, resuming, parts."""
