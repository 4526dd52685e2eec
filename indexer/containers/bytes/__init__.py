"""Bytes of containers: volumes joined to one range, spooled streams, decompression."""
