-- What there is of each scanned source: containers, their members, and what declarations made of these.
with members as (
    select container_id, count(*) as members from member group by container_id
),
containers as (
    select c.source, count(*) as containers, coalesce(sum(m.members), 0)::bigint as members
    from container c
    left join members m using (container_id)
    where list_contains($sources, c.source)
    group by c.source
),
images as (
    select source, count(*) as images from attributes group by source
),
lost as (
    select source, count(*) as derivation_error from derivation_error group by source
)
select
    c.source,
    c.containers,
    c.members,
    coalesce(i.images, 0) as images,
    coalesce(l.derivation_error, 0) as derivation_error
from containers c
left join images i using (source)
left join lost l using (source)
order by c.source
