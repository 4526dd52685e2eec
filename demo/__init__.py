"""Sample data for `make demo`: three published layouts in small, and real archives of other projects.

The pixels are real photographs from PyPI wheels. A generator's image is a crop of a photograph with shifted colours: it
shows where files are and which row they become, not what the generator can do.
"""
