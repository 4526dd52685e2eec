"""The commands of phase two as Python: ``from materializer import build, load, verify`` (docs/python.md)."""
