-- Some of the candidates that are to be looked at, with where their bytes are.
select
    m.container_id,
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
from work.waiting w
join member m using (member_id)
where w.place >= $start and w.place < $start + $count
order by w.place
