-- Loose files that may be side files and have no rows yet; which of them a declaration asks for, its patterns tell.
select m.ordinal, m.path, m.name, m.name_bytes, m."offset", m.packed_size, m.size, m.method, m.crc32, m.access
from member m
where
    m.container_id = $container_id
    and not regexp_matches(m.path, $picture)
    and not exists (select 1 from side_row s where s.container_id = m.container_id and s.path = m.path)
order by m.ordinal
