"""Commands of phase one; only this package prints.

A command parses its options, calls one function and prints the result. ``program`` runs a command and turns errors into
an exit status, ``options`` holds the options that commands share, ``progress`` shows the progress of long work.
"""
