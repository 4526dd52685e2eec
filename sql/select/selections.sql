-- Every selection: its images without spares, the images of each split, and its record.
with counted as (
    select name, split, count(*) filter (role <> 'spare') as images
    from selection
    group by name, split
),
summed as (
    select
        name,
        sum(images)::bigint as images,
        string_agg(split || ' ' || images, ', ' order by split) as splits
    from counted
    group by name
)
select
    coalesce(s.name, r.name) as name,
    coalesce(s.images, 0) as images,
    coalesce(s.splits, '') as splits,
    strftime(r.made_at, '%Y-%m-%d %H:%M:%S') as made_at,
    r.made_from,
    r.recipe
from summed s
full join selection_run r using (name)
order by name
