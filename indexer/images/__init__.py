"""Bytes -> facts about an image: header, decode, hashes. Pure functions, no manifest, no archive."""
