-- The imported selection with substitutes: the k-th missing row of a stratum and split is replaced by the k-th spare
-- found, both in order of position. The spare takes its role. Labs that lack the same rows get the same selection.
with missing as (
    select
        split, stratum, position, file_id,
        row_number() over (partition by split, stratum order by position) as turn
    from matched
    where role <> 'spare' and outcome <> 'found'
),

spares as (
    select
        split, stratum, position, local_file_id as file_id,
        row_number() over (partition by split, stratum order by position) as turn
    from matched
    where role = 'spare' and outcome = 'found'
),

filled as (
    select
        g.split, g.stratum, g.position,
        s.file_id,
        s.position as spare_position,
        g.file_id as substituted_for
    from missing g
    join spares s using (split, stratum, turn)
)

select
    $name as name,
    m.split,
    m.position,
    coalesce(f.file_id, m.local_file_id) as file_id,
    m.role,
    m.stratum,
    coalesce(f.substituted_for, r.substituted_for) as substituted_for
from matched m
join shared_row r on r.name = $name and r.split = m.split and r.position = m.position
left join filled f on f.split = m.split and f.position = m.position
left join filled taken on taken.split = m.split and taken.spare_position = m.position
where taken.position is null and (m.outcome = 'found' or f.file_id is not null)
order by m.split, m.position
