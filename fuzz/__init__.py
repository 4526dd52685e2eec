"""Test thousands of damaged archives and images, each reproducible by its target and its seed.

The program must raise only documented exceptions, must not crash or hang, and must never return a wrong byte. So an
archive whose listing is complete and whose members can all be read has the contents that were packed.
"""
