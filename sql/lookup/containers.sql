-- The containers in $containers.
select
    container_id,
    source,
    path as container_path,
    path_bytes,
    kind,
    volumes
from container
where container_id in (select unnest($containers))
order by container_id
