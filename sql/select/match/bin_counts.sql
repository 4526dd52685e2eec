-- The bins of each split: fakes and candidates before matching, pairs and real images after.
with slot as (
    select s.slot, s.fake_id, s.split, array_to_string(s.bins, ', ') as bin, p.real_id, p.level, len(s.bins) as levels
    from work.match_slot s
    left join work.match_pair p using (slot)
),

fake as (
    select
        s.split,
        s.bin,
        count(distinct s.fake_id) as fakes,
        count(distinct s.fake_id) filter (m.fake_id is null) as matched,
        count(distinct s.fake_id) filter (m.fake_id is null and s.level < s.levels) as nearest
    from slot s
    left join work.match_short m on m.fake_id = s.fake_id
    group by all
),

candidate as (
    select c.split, array_to_string(k.bins, ', ') as bin, c.member_id
    from work.match_candidate c
    join work.match_key k using (member_id)
),

possible as (
    select s.split, c.bin, count(*) as candidates
    from (select distinct split from slot) s
    join candidate c on coalesce(c.split, s.split) = s.split
    group by all
),

taken as (
    select m.split, c.bin, count(*) as reals
    from work.matched m
    join candidate c using (member_id)
    group by all
)

select
    $name as name,
    split,
    bin,
    coalesce(f.fakes, 0) as fakes,
    coalesce(p.candidates, 0) as candidates,
    coalesce(f.matched, 0) as matched,
    coalesce(f.nearest, 0) as nearest,
    coalesce(t.reals, 0) as reals
from fake f
full join taken t using (split, bin)
left join possible p using (split, bin)
