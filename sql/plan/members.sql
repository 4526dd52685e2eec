-- The members that the planned rows are read from: their images and companions.
select
    split, shard, is_spare, container_id, ordinal, path, name, name_bytes, access, "offset", packed_size, size,
    expected_size, method, crc32, is_sequential, refusal
from plan_row
union all
select
    split, shard, is_spare, container_id, ordinal, path, name, name_bytes, access, "offset", packed_size, size,
    expected_size, method, crc32, is_sequential, coalesce(row_refusal, refusal) as refusal
from plan_companion
