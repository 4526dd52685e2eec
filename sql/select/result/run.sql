-- What the selection was made from.
select $name as name, $recipe as recipe, $recipe_hash as recipe_hash, $seed as seed
