-- Where the bytes of some members lie, by member_id. Columns as in report/wanted.
select
    c.source,
    c.container_id,
    c.path as container_path,
    c.path_bytes,
    c.kind,
    c.volumes,
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
from member m
join container c using (container_id)
where m.member_id in (select unnest($members))
order by c.source, c.path, c.container_id, m.ordinal
