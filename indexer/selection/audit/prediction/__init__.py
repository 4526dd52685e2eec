"""Predict a class of images from one trait, with cross-validation, intervals and a permutation test.

::

    coding        values of a trait -> codes: frequent values and intervals
    related       images that are related -> groups; a group is in one fold
    rules         codes and classes -> balanced accuracy of one rule per trait
    intervals     recalls -> 95% interval of the balanced accuracy
    permutation   p-values of all traits together
    tree          a decision tree of all traits
    models        the images with their codes and groups
"""
