-- The number of groups of each size.
select images, count(*) as groups, min(first_id) as example
from work.group_size
group by images
order by images
