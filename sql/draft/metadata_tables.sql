-- Arrow and Parquet files without images, the largest first: their rows may describe images.
select c.*
from container c
where c.kind in ('arrow', 'parquet') and c.status = 'complete'
    and not exists (from member m where m.container_id = c.container_id)
order by list_sum([volume.size for volume in c.volumes]) desc, c.path
