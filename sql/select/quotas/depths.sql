-- How many candidates of each stratum to inspect next: enough to reach its allocation if the rest is as good as the
-- inspected part. From the third round of a stratum on, the step doubles each round. So the number of rounds grows with
-- the logarithm of the candidates, even where nearly all of them are duplicates.
with missing as (
    select s.*, greatest(a.allocated - s.kept, 0) as missing
    from work.supply s
    join work.allocation a using (generator, origin)
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
