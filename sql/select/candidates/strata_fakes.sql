-- Strata of fakes: each generator in each of its origins, with the number of candidates and the cap.
with candidate as (
    select a.generator, coalesce(s.section, a.origin) as origin
    from attributes a
    left join work.section s using (file_id)
    where a.label = 1
      and a.status = 'ok'
)
select a.generator, a.origin, count(*) as candidates, coalesce(any_value(c.cap), $cap) as cap
from candidate a
join work.quota q using (generator)
left join work.cap c using (generator, origin)
where coalesce(c.cap, $cap, 1) > 0
group by a.generator, a.origin
