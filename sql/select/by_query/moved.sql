-- Images of the extended selection whose group keeps another split.
select e.file_id, e.split, f.split as other
from work.earlier e
join work.image_group c using (file_id)
join work.fixed_split f on f.group_id = c.group_id and f.split <> e.split
order by e.file_id
limit 1
