-- Images of the sources $sources per suffix, for the suffixes of formats that are not read.
select a.source, lower(regexp_extract(coalesce(m.name, m.path), '\.([^./]*)$', 1)) as suffix, count(*) as images
from attributes a
join member m using (member_id)
where list_contains($sources, a.source) and list_contains($suffixes, suffix)
group by a.source, suffix
order by a.source, suffix
