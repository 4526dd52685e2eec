-- Images by stratum and split of the groups whose split is fixed.
select u.stratum, f.split, sum(u.images)::bigint as images
from work.unit u
join work.fixed_split f using (group_id)
group by u.stratum, f.split
