-- The names of all selections with at least one image.
select distinct name
from selection
order by name
