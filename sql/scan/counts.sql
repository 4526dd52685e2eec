-- Containers, members, images and derivation errors of each scanned source.
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
errors as (
    select source, count(*) as derivation_error from derivation_error group by source
)
select
    c.source,
    c.containers,
    c.members,
    coalesce(i.images, 0) as images,
    coalesce(e.derivation_error, 0) as derivation_error
from containers c
left join images i using (source)
left join errors e using (source)
order by c.source
