-- How many images each stratum can give: those that passed the checks and those not yet inspected, up to its cap.
with good as (
    select generator, origin, count(*) as kept
    from work.kept
    group by generator, origin
)
select
    s.generator,
    s.origin,
    s.candidates,
    coalesce(d.depth, 0) as depth,
    coalesce(d.steps, 0) as steps,
    coalesce(g.kept, 0) as kept,
    coalesce(p.images, 0) as given,
    least(s.cap, coalesce(g.kept, 0) + s.candidates - coalesce(d.depth, 0)) as most
from work.stratum s
join work.quota q using (generator)
left join work.depth d using (generator, origin)
left join good g using (generator, origin)
left join work.given p using (generator, origin)
