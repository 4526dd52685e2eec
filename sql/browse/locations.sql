-- Locations of the members in $members, container by container in reading order.
select
    member_id as key,
    *
from member_location
where member_id in (select unnest($members))
order by source, container_path, container_id, ordinal
