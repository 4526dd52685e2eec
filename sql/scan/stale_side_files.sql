-- Loose side files whose rows are deleted: the file changed, is missing, or had a finding.
with read as (
    select distinct path from side_row where container_id = $container_id
),
unchanged as (
    select read.path
    from read
    join member m on clean_path(m.path) = read.path
    join loose l on l.path = m.path and l.size = m.size and l.mtime_ns = m.mtime_ns
    where m.container_id = $container_id
    and not exists (
        select 1 from finding f where f.container_id = m.container_id and f.ordinal = m.ordinal and f.code = 'side-file'
    )
)
select path from read
where path not in (select path from unchanged)
