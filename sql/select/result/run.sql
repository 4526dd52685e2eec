-- The record of the selection: what it was made from, when, and its seed.
select
    $name as name,
    $recipe as recipe,
    $recipe_hash as recipe_hash,
    $seed as seed,
    $made_from as made_from,
    $extends as extends,
    $algorithm as algorithm,
    $made_at::timestamp as made_at
