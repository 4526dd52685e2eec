-- How far down each queue to look next: far enough to fill its share if the rest is as good as what was seen. A stratum's
-- third step is twice that, its fourth four times, and so on: even where nearly all that is left equals what is kept
-- already, rounds are as the logarithm of candidates.
with missing as (
    select s.*, greatest(h.share - s.kept, 0) as missing
    from work.supply s
    join work.share h using (generator, origin)
),
step as (
    select
        *,
        case
            when missing = 0 then 0
            when depth = 0 then missing * 11 // 10 + 4
            else least(missing * depth * 11 // (greatest(kept, 1) * 10), missing * 10) + 4
        end as step
    from missing
)
select
    generator,
    origin,
    least(candidates, depth + step * (1 << least(greatest(steps - 1, 0), 30)))::bigint as depth,
    steps + (step > 0)::bigint as steps
from step
