-- Groups that hold images of the extended selection: they keep the split that most of these have.
select c.group_id, e.split
from work.earlier e
join work.image_group c using (file_id)
group by c.group_id, e.split
qualify row_number() over (partition by c.group_id order by count(*) desc, e.split) = 1
