-- Loose files that have no rows yet and may be side files; the patterns of the side tables are matched afterwards.
select m.ordinal, m.path, m.name, m.name_bytes, m."offset", m.packed_size, m.size, m.method, m.crc32, m.access
from member m
where
    m.container_id = $container_id
    and not regexp_matches(m.path, $image_suffix)
    and not exists (select 1 from side_row s where s.container_id = m.container_id and s.path = clean_path(m.path))
order by m.ordinal
