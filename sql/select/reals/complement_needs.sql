-- How many photographs each split needs beside the paired ones.
select
    n.split,
    n.photographs - count(p.member_id) filter (not p.is_spare) as photographs,
    n.spares - count(p.member_id) filter (p.is_spare) as spares
from work.need n
left join work.paired p using (split)
group by n.split, n.photographs, n.spares
