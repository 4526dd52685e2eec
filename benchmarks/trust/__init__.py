"""Simulations of selection and audit: figures with bounds, on random manifests. ``make bench-trust`` prints them."""
