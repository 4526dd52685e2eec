-- Train on the generators of the past, test on the next ones, as AI-GenBench does with windows of 4 generators by date.
-- Use: python -m indexer select --sql manifests/temporal/past_next.sql --name temporal --seed 7
-- Real images have no date: each group of them goes to one side by a hash, in the ratio of the fakes.
with protocol as (
    select
        4 as per_window, -- generators per window
        8 as position,   -- windows of the past; the window after them is next
        1000 as images   -- at most, per generator; as many real images
),
usable as (
    select * from manifest where status = 'ok'
),
dated as (
    select generator, (row_number() over (order by min(generator_released), generator) - 1) // any_value(per_window) as "window"
    from usable, protocol
    where label = 1 and generator_released is not null
    group by generator
),
fake as (
    select u.file_id, if(d."window" < p.position, 'past', 'next') as split
    from usable u
    join dated d using (generator), protocol p
    where u.label = 1 and d."window" <= p.position
    qualify row_number() over (partition by u.generator order by md5(u.file_id), u.file_id) <= p.images
),
share as (
    select count(*) as fakes, count(*) filter (split = 'past') / greatest(1, count(*)) as past from fake
),
real as (
    select
        file_id,
        if(
            cast('0x' || left(md5(coalesce(group_id, file_id)), 8) as bigint) / 4294967296 < share.past, 'past', 'next'
        ) as split
    from usable, share
    where label = 0
    qualify row_number() over (order by md5(file_id), file_id) <= share.fakes
)
from fake
union all
from real
