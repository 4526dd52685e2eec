"""Draft a declaration of a folder: its folders, counts and side files, with rules that match all of its images."""
