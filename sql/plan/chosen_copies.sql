-- The columns of copies that plan_copies has. `incoming_copies`: rows as sql/plan/copies.sql.
select
    split, position, container_id, ordinal, path, name, name_bytes, access, "offset", packed_size, size, method, crc32,
    mtime_ns, hash, known_hash, refusal, detail
from incoming_copies
