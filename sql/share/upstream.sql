-- The files of selection $name, of those with a known revision or hash.
select * exclude (container_id)
from upstream_file
where container_id in (
    select m.container_id
    from selection s
    join manifest m using (file_id)
    where s.name = $name and s.role <> 'spare'
)
order by all
