-- Findings and derivation errors of the scanned sources by code: their number, and the path and detail of the first.
with problem as (
    select c.source, f.code, c.path, coalesce(f.ordinal, -1) as ordinal, f.detail
    from finding f
    join container c using (container_id)
    union all
    select e.source, e.code, concat_ws('!', m.path, m.name), m.ordinal, e.detail
    from derivation_error e
    join member m using (member_id)
)
select
    source,
    code,
    count(*) as findings,
    min_by(path, (path, ordinal, detail)) as path,
    min_by(detail, (path, ordinal, detail)) as detail
from problem
where list_contains($sources, source)
group by source, code
order by source, findings desc, code
