-- The sources of selection $name, with licence and citation from their declarations.
select
    m.source as key,
    any_value(i.name) as name,
    any_value(i.licence) as licence,
    any_value(i.citation) as citation,
    any_value(i.homepage) as homepage,
    count(*) as rows
from selection s
join manifest m using (file_id)
left join source_info i on i.source = m.source
where s.name = $name and s.role <> 'spare'
group by m.source
order by key
