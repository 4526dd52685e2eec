-- The names of all selections that hold an image, for whoever mistyped one.
select distinct name
from selection
order by name
