-- Number of images by split and role.
select split, role, count(*) as images
from selection
where name = $name
group by split, role
order by split, role
