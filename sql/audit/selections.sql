-- The selections that there are.
select name
from selection_run
order by name
