-- What is wrong in the scanned sources, by code: how many, and the first of them in full. Findings of containers, and
-- members that the declaration should have understood and did not.
with trouble as (
    select c.source, f.code, c.path, coalesce(f.ordinal, -1) as ordinal, f.detail
    from finding f
    join container c using (container_id)
    union all
    select u.source, u.code, concat_ws('!', m.path, m.name), m.ordinal, u.detail
    from derivation_error u
    join member m using (member_id)
)
select
    source,
    code,
    count(*) as findings,
    min_by(path, (path, ordinal, detail)) as path,
    min_by(detail, (path, ordinal, detail)) as detail
from trouble
where list_contains($sources, source)
group by source, code
order by source, findings desc, code
