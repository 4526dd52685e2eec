-- How many photographs each split needs: so many for each of its fakes, and spares.
with fakes as (
    select s.split, count(*) filter (not f.is_spare) as images
    from work.fake f
    join work.component c using (file_id)
    join work.side s using (component)
    group by s.split
)
select
    split,
    round(images * $per_fake)::bigint as photographs,
    ceil(round(images * $per_fake) * $spares)::bigint as spares
from fakes
