-- Containers that are incomplete or have findings, with the reason or the codes of the findings.
with found as (
    select container_id, string_agg(distinct code, ', ' order by code) as codes
    from finding
    group by container_id
)
select c.source, c.path, c.status, coalesce(c.reason, f.codes, '') as problem
from container c
left join found f using (container_id)
where c.status <> 'complete' or f.codes is not null
order by c.source, c.path
