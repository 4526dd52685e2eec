-- Images an origin dataset, of one split or of all.
select
    origin,
    sum(images)::bigint as images,
    sum(unusable)::bigint as unusable,
    if(bool_and(bytes is not null), sum(bytes), null)::bigint as bytes
from stats_counts
where $split is null or split = $split
group by origin
order by origin
