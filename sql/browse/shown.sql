-- The columns of images that the page shows.
select
    m.* exclude (phash, phash_256, qtables_hash, name_bytes, "offset", packed_size, method, crc32, ordinal, container_id),
    format('{:016x}', m.phash) as phash,
    s.licence
from manifest m
left join source_info s using (source)
