-- Splits that have fewer real images than they need.
select n.split, count(g.split) as images, n.reals as target
from work.need n
left join (
    select split from work.paired where not is_spare
    union all
    select split from work.complement where not is_spare
) g using (split)
group by n.split, n.reals
having count(g.split) < n.reals
order by n.split
