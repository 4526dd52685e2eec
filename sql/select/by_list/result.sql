-- The selection: listed images, substitutes for missing ones, then spares.
with replaced as (
    select
        *,
        row_number() over (partition by split order by rank_key, file_id) as rank
    from work.missing
    where $substitute is not null and starts_with(lower(file_id), lower($substitute))
),
missing_count as (
    select split, count(*) as images
    from replaced
    group by split
),
kept_spares as (
    select l.split, coalesce(any_value(w.images), 0) + ceil(count(*) filter (f.label = 0) * $spares) as last_rank
    from work.listed l
    left join work.found f using (file_id)
    left join missing_count w on w.split = l.split
    group by l.split
),
chosen as (
    select member_id, file_id, split, generator, 'listed' as role, null::varchar as substituted_for, 0 as rank
    from work.found
    union all
    select s.member_id, s.file_id, s.split, '', case when r.file_id is null then 'spare' else 'listed' end, r.file_id, s.rank
    from work.spare s
    join kept_spares k using (split)
    left join replaced r using (split, rank)
    where s.rank <= k.last_rank
)
select
    member_id,
    $name as name,
    split,
    row_number() over (
        partition by split
        order by role = 'spare', case when role = 'spare' then rank end, md5('position' || $seed || file_id), file_id
    ) - 1 as position,
    file_id,
    role,
    case when generator = '' then 'photograph' else generator end as stratum,
    substituted_for
from chosen
