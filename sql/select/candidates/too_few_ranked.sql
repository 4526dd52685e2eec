-- Strata in which fewer candidates are ranked than are to be inspected.
with ranked as (
    select generator, origin, count(*) as ranked
    from work.ranked
    group by generator, origin
)
select d.generator, d.origin
from work.depth d
left join ranked r using (generator, origin)
where d.depth > coalesce(r.ranked, 0)
