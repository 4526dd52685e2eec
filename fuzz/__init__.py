"""Damaged archives and images by the thousand, each told by its target and its seed alone.

What is asked of each: no exception that the interfaces do not name, no crash, no hang, and never a wrong byte: an
archive whose listing is complete and whose members can all be read holds just what was packed.
"""
