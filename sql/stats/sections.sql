-- The tables of `stats` in one pass: images per split, and within each split per label, generator, origin, and origin
-- and generator. `section` is the name of a row's table; a manifest is one split with an empty name.
select
    case
        when grouping(label) = 0 then 'label'
        when grouping(origin, generator) = 0 then 'origin_generator'
        when grouping(origin) = 0 then 'origin'
        when grouping(generator) = 0 then 'generator'
        else 'split'
    end as section,
    split,
    if(label = 0, 'real', 'fake') as label,
    origin,
    if(generator = '', '(Real)', generator) as generator,
    sum(images)::bigint as images,
    sum(unusable)::bigint as unusable,
    if(bool_and(bytes is not null), sum(bytes), null)::bigint as bytes
from stats_counts as counted
group by grouping sets ((split), (split, label), (split, generator), (split, origin), (split, origin, generator))
order by section, split, counted.label, counted.origin, counted.generator
