"""Tar: ``header`` reads one record, ``members`` walks from one to the next."""
