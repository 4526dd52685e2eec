-- Rows of selection $name, without spares, that are unusable or were not read, by origin. Ids that the manifest lacks
-- count as 'unknown'.
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
