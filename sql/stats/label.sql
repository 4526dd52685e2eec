-- Images a label, of one split or of all.
select
    case label when 0 then 'real' else 'fake' end as label,
    sum(images)::bigint as images,
    sum(unusable)::bigint as unusable,
    if(bool_and(bytes is not null), sum(bytes), null)::bigint as bytes
from stats_counts
where $split is null or split = $split
group by stats_counts.label
order by stats_counts.label
