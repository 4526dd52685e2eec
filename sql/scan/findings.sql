-- Every finding of the scanned sources, with the member that it is about.
select c.source, c.path, m.name as member, f.code, f.detail
from finding f
join container c using (container_id)
left join member m on m.container_id = f.container_id and m.ordinal = f.ordinal
where list_contains($sources, c.source)
order by c.source, c.path, f.ordinal nulls first, f.code, f.detail
