"""Sample data for `make demo`: three published layouts in small, and real archives that nobody here made.

The pixels are real photographs out of PyPI wheels. What a layout calls a generator's image is a crop of a photograph
with its colours shifted: it shows where things lie and which row is which, not what a generator can do.
"""
