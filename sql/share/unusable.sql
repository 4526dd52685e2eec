-- Rows of selection $name, spares apart, that nobody could read, or whose picture is none, by origin; ids that the
-- manifest lacks count as 'unknown'.
select
    coalesce(m.origin, 'unknown') as origin,
    count(*) as images
from selection s
left join manifest m using (file_id)
where s.name = $name
  and s.role <> 'spare'
  and (m.hash is null or m.status <> 'ok')
group by all
order by origin
