-- Each generator in each of its origins: how many stand in its queue, and how many may be taken.
select r.generator, r.origin, count(*) as candidates, coalesce(any_value(c.cap), $cap) as cap
from work.ranked r
left join work.cap c using (generator, origin)
group by r.generator, r.origin
