-- An empty table: the companions of a build that stores none. Columns as in companions.sql.
select
    split, shard, selection_position, is_spare, refusal as row_refusal, 0::bigint as number, container_id, ordinal, path,
    name, name_bytes, access, "offset", packed_size, size, expected_size, method, crc32, mtime_ns, is_sequential, refusal,
    detail
from plan_row
where false
