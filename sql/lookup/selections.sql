-- The selections: number of images and spares per split.
select
    name,
    split,
    count(*) filter (role <> 'spare') as images,
    count(*) filter (role = 'spare') as spares
from selection
group by name, split
order by name, split
