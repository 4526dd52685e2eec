"""What ``bench_build`` times: a module each, run as a process, so that nobody pays for another's imports.

Each takes the folder that the bench made: ``names.txt`` lists the images, ``out`` takes what is written.
"""
