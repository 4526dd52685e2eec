-- How many images each origin gives to its generator, by water-filling: the sums of what an origin has given and gives are
-- as even as the supplies allow. The water rises to the highest end of a supply that the target reaches. The rest is divided
-- among the origins that are open there; a remainder is given in a fixed order, one image each.
with bound as (
    select generator, origin, given as low, given + most as high
    from work.supply
),
target as (
    select
        q.generator,
        q.images + if($with_spares, q.spares, 0) + coalesce(sum(b.low), 0)::bigint as target
    from work.quota q
    left join bound b using (generator)
    group by q.generator, q.images, q.spares
),
level as (
    select distinct generator, unnest([low, high]) as level
    from bound
),
filled as (
    select l.generator, l.level, sum(greatest(least(l.level, b.high), b.low))::bigint as filled
    from level l
    join bound b using (generator)
    group by l.generator, l.level
),
reached as (
    select f.generator, max(f.level) as level, arg_max(t.target - f.filled, f.level) as rest
    from filled f
    join target t using (generator)
    where f.filled <= t.target
    group by f.generator
),
open as (
    select
        b.generator,
        b.origin,
        greatest(least(r.level, b.high), b.low) - b.low as base,
        b.low <= r.level and r.level < b.high as is_open,
        r.rest
    from bound b
    join reached r using (generator)
)
select
    generator,
    origin,
    base + if(
        is_open,
        rest // count(*) over same + if(row_number() over turn <= rest % count(*) over same, 1, 0),
        0
    )::bigint as allocated
from open
window
    same as (partition by generator, is_open),
    turn as (partition by generator, is_open order by md5($seed || generator || origin), origin)
