-- The groups of all charts: one row per combination of split, label, generator and origin that occurs.
select
    row_number() over (order by label, generator, origin, split) - 1 as group_id,
    split,
    label,
    generator,
    origin,
    count(*) as images,
    coalesce(sum(size), 0)::bigint as bytes,
    count(*) filter (where status <> 'ok') as unusable
from report_row
group by split, label, generator, origin
order by group_id
