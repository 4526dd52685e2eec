-- Containers that are not complete or have findings.
with
found as (
    select container_id, string_agg(distinct code, ', ' order by code) as codes, count(*) as findings
    from finding
    group by container_id
)

select
    c.source,
    c.path,
    c.kind,
    c.status,
    coalesce(c.reason, '') as reason,
    c.declared,
    c.listed,
    coalesce(f.codes, '') as codes,
    coalesce(f.findings, 0) as findings
from container c
left join found f using (container_id)
where c.status <> 'complete' or f.findings > 0
order by c.source, c.path
limit 1000
