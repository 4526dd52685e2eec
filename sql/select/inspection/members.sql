-- One page of the members to inspect, with their locations.
select
    l.member_id as key,
    l.* exclude (source, container_path, path_bytes, kind, volumes)
from work.to_inspect t
join member_location l using (member_id)
where t.rank >= $start and t.rank < $start + $count
order by t.rank
