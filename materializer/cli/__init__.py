"""Commands of phase two; the only place that prints."""
