-- The splits of a selection.
select distinct split
from selection
where name = $name
order by split
