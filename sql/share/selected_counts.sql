-- Rows of selection $name apart from its spares, and how many of them stand in for rows that are not here.
select
    count(*) filter (s.role <> 'spare') as selected,
    count(*) filter (s.role <> 'spare' and s.substituted_for is distinct from r.substituted_for) as substituted
from selection s
left join shared_row r on r.name = s.name and r.file_id = s.file_id
where s.name = $name
