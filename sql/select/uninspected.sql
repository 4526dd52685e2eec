-- Candidates that were reached and never looked at, with where their bytes are.
select
    c.container_id,
    m.member_id as key,
    m.ordinal,
    m.path,
    m.name,
    m.name_bytes,
    m.access,
    m."offset",
    m.packed_size,
    m.size,
    m.method,
    m.crc32
from work.pool p
join member m using (member_id)
join container c using (container_id)
anti join inspection i using (member_id)
order by c.container_id, m."offset", m.ordinal, m.member_id
