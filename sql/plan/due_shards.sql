-- The shards to write. The spares of a split count as its shard -1.
select split, shard
from due_shards
