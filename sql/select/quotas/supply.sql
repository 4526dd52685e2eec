-- How many images each stratum can give: those that passed the checks and those not yet inspected, up to its cap. Copies
-- of other candidates are used once all candidates were inspected.
with good as (
    select generator, origin, count(*) filter (not is_copy) as kept, count(*) filter (is_copy) as copies
    from work.kept
    group by generator, origin
)
select
    s.generator,
    s.origin,
    s.candidates,
    s.cap,
    coalesce(d.depth, 0) as depth,
    coalesce(d.steps, 0) as steps,
    coalesce(g.kept + if(d.depth = s.candidates, g.copies, 0), 0) as kept,
    coalesce(p.images, 0) as given,
    coalesce(g.kept + g.copies, 0) as usable,
    least(s.cap, usable + s.candidates - coalesce(d.depth, 0)) as most
from work.stratum s
join work.quota q using (generator)
left join work.depth d using (generator, origin)
left join good g using (generator, origin)
left join work.given p using (generator, origin)
