"""Selection -> plan: which row goes to which shard, and where its bytes are read."""
