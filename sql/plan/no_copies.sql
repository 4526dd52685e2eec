-- An empty table: the copies that are read instead of refused images.
select
    split, position, container_id, ordinal, path, name, name_bytes, access, "offset", packed_size, size, method, crc32,
    mtime_ns, hash, known_hash, refusal, detail
from plan_row
where false
