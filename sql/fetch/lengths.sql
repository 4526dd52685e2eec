-- Tar shards and how long they should be at least.
select part, shard, length
from shard
order by part, shard
