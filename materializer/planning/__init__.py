"""Selection -> plan: assign rows to shards, find the locations of their bytes, estimate, choose substitutes."""
