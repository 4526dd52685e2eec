-- Strata of fakes: each generator in each of its origins, with the number of candidates and the cap.
with placed as (
    select a.stratum as generator, coalesce(s.section, a.origin) as origin
    from candidate a
    left join work.section s using (file_id)
    where a.label = 1 or $every_label
)
select a.generator, a.origin, count(*) as candidates, coalesce(any_value(c.cap), $cap) as cap
from placed a
join work.quota q using (generator)
left join work.cap c using (generator, origin)
where coalesce(c.cap, $cap, 1) > 0
group by a.generator, a.origin
