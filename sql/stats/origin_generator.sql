-- Images an origin dataset and generator, of one split or of all.
select
    origin,
    if(generator = '', '(Real)', generator) as generator,
    sum(images)::bigint as images,
    sum(unusable)::bigint as unusable,
    if(bool_and(bytes is not null), sum(bytes), null)::bigint as bytes
from stats_counts
where $split is null or split = $split
group by origin, stats_counts.generator
order by origin, stats_counts.generator
