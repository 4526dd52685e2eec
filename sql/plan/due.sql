-- The shards that are about to be written; spares that may be needed are shard -1 of their split.
select split, shard
from due_shards
