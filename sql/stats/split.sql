-- Images a split.
select split, sum(images)::bigint as images, sum(unusable)::bigint as unusable, sum(bytes)::bigint as bytes
from stats_counts
group by split
order by split
