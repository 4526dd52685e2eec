-- The rows of the selection with its spares, the member that each is read from, and only the columns that the assignment to
-- shards needs. If several members have a file_id, the first usable one is taken, the same one on every machine.
select
    s.split,
    s.position as selection_position,
    coalesce(r.file_id, s.file_id) as file_id,  -- of an import, also where the image has another one here
    s.role = 'spare' as is_spare,
    s.stratum,
    s.substituted_for,
    m.member_id,
    coalesce(r.size, m.size, $unknown_size) as expected_size
from selection s
left join manifest m using (file_id)
left join shared_row r on r.name = s.name and r.split = s.split and r.local_file_id = s.file_id
where s.name = $selection
qualify row_number() over (
    partition by s.split, s.position order by m.status = 'ok' desc, m.source, m.path, m.member, m.ordinal
) = 1
