-- Images of source $source per suffix, for the suffixes of formats that are not read.
select lower(regexp_extract(coalesce(m.name, m.path), '\.([^./]*)$', 1)) as suffix, count(*) as images
from attributes a
join member m using (member_id)
where a.source = $source and list_contains($suffixes, suffix)
group by suffix
order by suffix
