-- Rows of a graded build whose bytes are others, and whose pixels may tell more, a shard after the other.
select split, shard, file_id, pixel_hash
from graded
where grade = 'other bytes' and pixel_hash is not null
order by split, shard, file_id
