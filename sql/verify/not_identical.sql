-- The first rows of a graded build that are not identical.
select split, file_id, grade, substitute
from graded
where grade <> 'identical bytes'
order by split, file_id
limit $shown
