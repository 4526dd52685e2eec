-- The recipe and seed of the selection.
select $name as name, $recipe as recipe, $recipe_hash as recipe_hash, $seed as seed
