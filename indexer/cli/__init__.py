"""Commands of phase one; the only place that prints.

A command parses, calls one function and renders what it returns. ``program`` is the edge where errors become exit
statuses, ``options`` what commands share, ``progress`` how long work is shown.
"""
