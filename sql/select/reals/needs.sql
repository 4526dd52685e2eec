-- How many real images each split needs: `per_fake` for each of its fakes, and spares.
with fakes as (
    select s.split, count(*) filter (not f.is_spare) as images
    from work.fake f
    join work.image_group c using (file_id)
    join work.group_split s using (group_id)
    group by s.split
)
select
    split,
    round(images * $per_fake)::bigint as reals,
    ceil(round(images * $per_fake) * $spares)::bigint as spares
from fakes
