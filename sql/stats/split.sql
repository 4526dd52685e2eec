-- Images a split.
select
    split,
    sum(images)::bigint as images,
    sum(unusable)::bigint as unusable,
    if(bool_and(bytes is not null), sum(bytes), null)::bigint as bytes
from stats_counts
group by split
order by split
