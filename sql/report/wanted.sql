-- Where the bytes of the images lie that are shown: a row an image, container by container in reading order.
select
    c.source,
    c.container_id,
    c.path as container_path,
    c.kind,
    c.path_bytes,
    c.volumes,
    r.row_id as key,
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
from report_picture
join report_row r using (row_id)
join member m using (member_id)
join container c using (container_id)
order by c.source, c.path, c.container_id, m.ordinal
