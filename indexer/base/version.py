"""The version of the project: its only copy."""

__version__ = "0.1.0"
