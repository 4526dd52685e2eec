"""The commands as Python: ``from indexer import Manifest`` (docs/python.md)."""
