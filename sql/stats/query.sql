-- The record of a selection that a query made.
select recipe
from selection_run
where name = $name and made_from = 'query'
