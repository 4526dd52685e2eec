"""Manifest -> selection: recipes and lists of ids, run as the SQL files of ``sql/select``."""
