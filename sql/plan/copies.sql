-- The rows at $positions of a shard, each with the location of its copy number $attempt (from 1), as in
-- plan_read_locations. The bytes of a copy must have the hash of an imported selection, if there is one.
select
    p.* exclude (shard, shards) replace (
        l.container_id as container_id,
        l.ordinal as ordinal,
        l.path as path,
        l.name as name,
        l.name_bytes as name_bytes,
        l.access as access,
        l."offset" as "offset",
        l.packed_size as packed_size,
        l.size as size,
        l.method as method,
        l.crc32 as crc32,
        l.mtime_ns as mtime_ns,
        nullif(p.hash, p.known_hash) as hash,
        null::varchar as known_hash,
        null::varchar as refusal,
        null::varchar as detail
    )
from plan_read_locations p
join other_copy c using (file_id)
join member_location l on l.member_id = c.member_id
where p.split = $split and p.shard = $shard and list_contains($positions, p.position) and c.status = 'ok'
qualify row_number() over (partition by p.position order by c.rank, c.member_id) = $attempt
order by p.position
