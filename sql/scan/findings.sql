-- All findings and derivation errors of the scanned sources, with the member that each is about.
with problem as (
    select c.source, c.path, m.name as member, f.code, f.detail, coalesce(f.ordinal, -1) as ordinal
    from finding f
    join container c using (container_id)
    left join member m on m.container_id = f.container_id and m.ordinal = f.ordinal
    union all
    select e.source, m.path, m.name, e.code, e.detail, m.ordinal
    from derivation_error e
    join member m using (member_id)
)
select source, path, member, code, detail
from problem
where list_contains($sources, source)
order by source, path, ordinal, code, detail
