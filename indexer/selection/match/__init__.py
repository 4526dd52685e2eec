"""Matching: real images whose traits are distributed as those of the fakes (coarsened exact matching).

Source: S. Iacus, G. King, G. Porro, Causal Inference without Balance Checking (2012).

::

    models      the table [match] of a recipe
    bins        columns -> bins and keys of images
    matching    fakes and candidates -> pairs
    balance     distributions before and after
"""
