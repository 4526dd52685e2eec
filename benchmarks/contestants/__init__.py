"""The contestants of ``bench_build``: one module and one process each, so that each has only its own imports.

Each takes the folder that the benchmark made: ``names.txt`` lists the images, output goes to ``out``.
"""
