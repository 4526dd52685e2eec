-- Tar shards with their least number of bytes.
select part, shard, length
from shard
order by part, shard
