-- The rows of the selection, spares too, and the member that each is read from: no more than placing them takes.
-- A file_id that several members claim is taken from the one that may be used, the same one on every machine.
select
    s.split,
    s.position as rank,                       -- the selection's order
    s.file_id,
    s.role = 'spare' as is_spare,
    s.stratum,
    s.substituted_for,
    k.member_id,
    coalesce(r.size, k.size, $unknown_size) as expected_size
from selection s
left join manifest k using (file_id)
left join shared_row r on r.name = s.name and r.split = s.split and r.file_id = s.file_id
where s.name = $selection
qualify row_number() over (
    partition by s.split, s.position order by k.status = 'ok' desc, k.source, k.path, k.member, k.ordinal
) = 1
