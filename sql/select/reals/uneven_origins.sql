-- Origins whose real images miss equal parts by more than 5%: images, those that are paired with fakes, and the part.
with taken as (
    select origin, true as is_paired from work.paired where not is_spare
    union all
    select origin, false from work.complement where not is_spare
),
named as (
    select origin from work.stratum
    union
    select origin from taken
),
counted as (
    select n.origin, count(t.origin) as images, count(*) filter (t.is_paired) as paired
    from named n
    left join taken t using (origin)
    group by n.origin
)
select origin, images, paired, round(sum(images) over () / count(*) over ())::bigint as part
from counted
qualify abs(images - part) > greatest(part / 20, 2)
order by origin
