-- How far down each queue to look next: far enough to fill its share if the rest is as good as what was seen.
with missing as (
    select s.*, greatest(h.share - s.kept, 0) as missing
    from work.supply s
    join work.share h using (generator, origin)
)
select
    generator,
    origin,
    least(
        candidates,
        depth + case
            when missing = 0 then 0
            when depth = 0 then missing * 11 // 10 + 4
            else least(missing * depth * 11 // (greatest(kept, 1) * 10), missing * 10) + 4
        end
    )::bigint as depth
from missing
