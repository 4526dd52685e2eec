"""Commands of phase one, in folders by subject; only this package prints.

A command parses its options, calls one function and prints the result. ``running`` runs a command and turns errors into
an exit status, ``options`` has the options that commands share, ``printing`` has tables, messages and progress.
"""
