-- Strata that are to be looked at further down than their queues were made.
with queued as (
    select generator, origin, count(*) as queued
    from work.queue
    group by generator, origin
)
select d.generator, d.origin
from work.depth d
left join queued q using (generator, origin)
where d.depth > coalesce(q.queued, 0)
