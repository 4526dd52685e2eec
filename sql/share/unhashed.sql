-- Rows of selection $name whose bytes nobody has hashed yet, by origin; ids that the manifest lacks count as 'unknown'.
select
    coalesce(m.origin, 'unknown') as origin,
    count(*) as images
from selection s
left join manifest m using (file_id)
where s.name = $name and m.hash is null
group by all
order by origin
