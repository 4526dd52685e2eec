-- The containers that hold candidates which were reached and never looked at.
select distinct c.container_id, c.source, c.path, c.path_bytes, c.kind, c.volumes
from work.pool p
join member m using (member_id)
join container c using (container_id)
anti join inspection i using (member_id)
order by c.container_id
