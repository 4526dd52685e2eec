-- Loose files that may be side files and were not parsed yet: they have neither rows nor a finding about their contents.
-- The patterns of the side tables are matched afterwards.
select m.ordinal, m.path, m.name, m.name_bytes, m."offset", m.packed_size, m.size, m.method, m.crc32, m.access
from member m
where
    m.container_id = $container_id
    and not regexp_matches(m.path, $image_suffix)
    and not exists (select 1 from side_row s where s.container_id = m.container_id and s.path = clean_path(m.path))
    and not exists (
        select 1 from finding f where f.container_id = m.container_id and f.ordinal = m.ordinal and f.code = 'side-file'
    )
order by m.ordinal
