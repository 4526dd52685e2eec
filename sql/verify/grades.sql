-- How often each grade was given.
select grade, count(*) as images
from graded
group by grade
order by grade
