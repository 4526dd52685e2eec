-- Each generator in each of its origins: how many candidates there are, and how many may be taken.
select a.generator, a.origin, count(*) as candidates, coalesce(any_value(c.cap), $cap) as cap
from attributes a
join work.quota q using (generator)
left join work.cap c using (generator, origin)
where a.label = 1
  and a.status = 'ok'
  and coalesce(c.cap, $cap, 1) > 0
group by a.generator, a.origin
