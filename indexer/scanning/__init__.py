"""Roots -> raw rows: walk, list in parallel, read side files, keep the manifest up to date."""
