-- How many images each origin gives to its generator, by water-filling: as evenly as the supplies allow. In order of
-- supply, small strata give all they have, and the others divide the rest of the target evenly. A remainder is given by the
-- first strata in a fixed order, one image each.
with target as (
    select generator, images + case when $with_spares then spares else 0 end as target
    from work.quota
),
ordered as (
    select
        generator,
        most,
        target,
        row_number() over by_supply as turn,
        coalesce(sum(most) over smaller, 0) as given,
        count(*) over (partition by generator) - row_number() over by_supply + 1 as strata
    from work.supply
    join target using (generator)
    window
        by_supply as (partition by generator order by most, origin),
        smaller as (partition by generator order by most, origin rows between unbounded preceding and 1 preceding)
),
level as (
    select
        generator,
        min_by((target - given) // strata, turn) as level,
        min_by((target - given) % strata, turn) as remainder
    from ordered
    where given + strata * most >= target
    group by generator
)
select
    s.generator,
    s.origin,
    case
        when l.level is null or s.most <= l.level then s.most
        else l.level + case when row_number() over open <= l.remainder then 1 else 0 end
    end::bigint as allocated
from work.supply s
left join level l using (generator)
window open as (
    partition by s.generator, s.most > l.level
    order by md5($seed || s.generator || s.origin), s.origin
)
