-- The recipe and the seed of a selection.
select recipe_hash, seed
from selection_run
where name = $selection
