-- What a selection was made from: the text of its recipe, a query, or the names of lists.
select recipe
from selection_run
where name = $selection
