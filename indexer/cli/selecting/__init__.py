"""Commands that make, inspect, list and drop selections."""
