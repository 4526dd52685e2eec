-- The names of all selections, for whoever mistyped one.
select distinct name
from selection
order by name
