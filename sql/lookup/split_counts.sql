-- The number of images per split of a selection, spares not counted.
select
    split,
    count(*) filter (role <> 'spare') as images
from selection
where name = $name
group by split
order by split
