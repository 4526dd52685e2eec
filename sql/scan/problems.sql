-- Findings of the scanned sources by code: how many, and the first of them in full.
select
    c.source,
    f.code,
    count(*) as findings,
    min_by(c.path, (c.path, coalesce(f.ordinal, -1))) as path,
    min_by(f.detail, (c.path, coalesce(f.ordinal, -1))) as detail
from finding f
join container c using (container_id)
where list_contains($sources, c.source)
group by c.source, f.code
order by c.source, findings desc, f.code
