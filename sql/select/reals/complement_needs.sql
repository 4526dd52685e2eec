-- How many real images each split needs in addition to the paired ones.
select
    n.split,
    n.reals - count(p.member_id) filter (not p.is_spare) as reals,
    n.spares - count(p.member_id) filter (p.is_spare) as spares
from work.need n
left join work.paired p using (split)
group by n.split, n.reals, n.spares
