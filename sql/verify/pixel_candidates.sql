-- Rows of a graded build with other bytes, whose pixels can be compared; shard by shard.
select split, shard, file_id, pixel_hash
from graded
where grade = 'other bytes' and pixel_hash is not null
order by split, shard, file_id
