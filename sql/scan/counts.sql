-- Containers, members and images of each scanned source; images that cannot be read (`lost`), images that have no row
-- (`unmatched`) and one of them; files whose image another file has (`copies`); fakes whose generator is a name of real
-- images (`named_real`).
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
    select
        source,
        count(*) as images,
        count(*) filter (status <> 'ok') as lost,
        count(*) filter (label = 1 and lower(generator) in ('real', 'reals', '0_real', 'nature')) as named_real
    from attributes
    group by source
),
errors as (
    select
        source,
        count(*) filter (not list_contains($kept_codes, code)) as unmatched,
        min(detail) filter (not list_contains($kept_codes, code)) as example,
        count(*) filter (code in ('duplicate_id', 'superseded')) as copies
    from derivation_error
    group by source
)
select
    c.source,
    c.containers,
    c.members,
    coalesce(i.images, 0) as images,
    coalesce(i.lost, 0) as lost,
    coalesce(e.unmatched, 0) as unmatched,
    e.example,
    coalesce(e.copies, 0) as copies,
    coalesce(i.named_real, 0) as named_real
from containers c
left join images i using (source)
left join errors e using (source)
order by c.source
