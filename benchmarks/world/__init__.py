"""The sixteen origins of AI-GenBench v1 in small, packed as each is distributed.

The published file_ids of ``tests/declarations/published_ids.txt`` are numbered on until each origin has as many images
of each generator as the scaled recipe takes. ``tests/support/published.py`` has the files and side tables behind them.
"""
