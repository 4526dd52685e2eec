-- The number of rows per grade.
select grade, count(*) as images
from graded
group by grade
order by grade
