-- How many each origin gives to its generator: as evenly as what each can give allows, like water in joined vessels.
-- Vessels in order of size: those that fill up give all of it, the rest share what is left of the target; of what
-- cannot be divided the first in a fixed order give one more.
with target as (
    select generator, wanted + case when $with_spares then spare else 0 end as target
    from work.quota
),
vessel as (
    select
        generator,
        most,
        target,
        row_number() over by_size as turn,
        coalesce(sum(most) over smaller, 0) as poured,
        count(*) over (partition by generator) - row_number() over by_size + 1 as vessels
    from work.supply
    join target using (generator)
    window
        by_size as (partition by generator order by most, origin),
        smaller as (partition by generator order by most, origin rows between unbounded preceding and 1 preceding)
),
level as (
    select
        generator,
        min_by((target - poured) // vessels, turn) as level,
        min_by((target - poured) % vessels, turn) as remainder
    from vessel
    where poured + vessels * most >= target
    group by generator
)
select
    s.generator,
    s.origin,
    case
        when l.level is null or s.most <= l.level then s.most
        else l.level + case when row_number() over open <= l.remainder then 1 else 0 end
    end::bigint as share
from work.supply s
left join level l using (generator)
window open as (
    partition by s.generator, s.most > l.level
    order by md5($seed || s.generator || s.origin), s.origin
)
