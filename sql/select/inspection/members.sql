-- Locations of some of the candidates that are to be inspected, in the order of work.waiting.
select
    l.member_id as key,
    l.* exclude (source, container_path, path_bytes, kind, volumes)
from work.waiting w
join member_location l using (member_id)
where w.place >= $start and w.place < $start + $count
order by w.place
