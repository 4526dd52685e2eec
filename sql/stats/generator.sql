-- Images a generator, photographs first, of one split or of all.
select
    if(generator = '', '(Real)', generator) as generator,
    sum(images)::bigint as images,
    sum(unusable)::bigint as unusable,
    if(bool_and(bytes is not null), sum(bytes), null)::bigint as bytes
from stats_counts
where $split is null or split = $split
group by stats_counts.generator
order by stats_counts.generator
