-- The bins of columns with edges: from low up to high, without high.
with bound as (
    select trait, edge as low from work.match_edge
    union all
    select distinct trait, '-inf'::double as low from work.match_edge
),

ranged as (
    select trait, low, lead(low) over (partition by trait order by low) as high
    from bound
)

select
    trait,
    low,
    case
        when low = '-inf'::double then 'below ' || format('{:.6g}', high)
        when high is null then format('{:.6g}', low) || ' or more'
        else format('{:.6g}', low) || ' to ' || format('{:.6g}', high)
    end as bin
from ranged
