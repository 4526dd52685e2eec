-- The names that selections have been given.
select distinct name
from selection
order by name
