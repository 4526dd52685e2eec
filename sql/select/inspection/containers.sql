-- The containers of the members to inspect.
select c.container_id, c.source, c.path, c.path_bytes, c.kind, c.volumes
from container c
semi join (select m.container_id from work.to_inspect w join member m using (member_id)) using (container_id)
order by c.container_id
