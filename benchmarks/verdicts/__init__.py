"""Verdicts of the decode check against those of a full decode, on public test files and on damaged images."""
