-- Images a split and role.
select split, role, count(*) as images
from work.result
group by split, role
order by split, role
