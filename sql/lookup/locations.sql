-- Locations of the images in $file_ids, container by container in reading order.
select
    a.file_id,
    l.*
from attributes a
join member_location l using (member_id)
where a.file_id in (select unnest($file_ids))
order by l.source, l.container_path, l.container_id, l."offset", l.ordinal
