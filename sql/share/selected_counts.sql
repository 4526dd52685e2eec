-- Number of rows of selection $name without its spares, and of the substitutes that the import made.
select
    count(*) filter (s.role <> 'spare') as selected,
    count(*) filter (s.role <> 'spare' and s.substituted_for is distinct from r.substituted_for) as substituted
from selection s
left join shared_row r on r.name = s.name and r.local_file_id = s.file_id
where s.name = $name
