-- The imported selection without the rows that were not found.
select
    $name as name,
    m.split,
    m.position,
    m.local_file_id as file_id,
    m.role,
    m.stratum,
    r.substituted_for
from matched m
join shared_row r on r.name = $name and r.split = m.split and r.position = m.position
where m.outcome = 'found'
order by m.split, m.position
