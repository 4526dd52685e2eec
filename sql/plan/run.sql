-- What the selection was made from.
select recipe_hash, seed
from selection_run
where name = $selection
