-- The files that the build reads, of those with a known revision or hash.
select * exclude (container_id)
from upstream_file
where container_id in (select container_id from plan_member where not is_spare)
order by all
