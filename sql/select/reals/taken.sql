-- Number of real images by origin and split that are assigned already, without spares.
select origin, split, count(*) as images
from (
    select origin, split from work.paired where not is_spare
    union all
    select q.origin, s.split
    from work.chosen q
    join work.image_group c using (file_id)
    join work.group_split s on s.group_id = c.group_id
    where not q.is_spare
)
group by origin, split
