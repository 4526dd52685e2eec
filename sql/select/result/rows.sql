-- The selection. Positions follow another hash than ranks: in order of rank, generators with many candidates would all
-- come first. Spares come last, in the order in which they are used as substitutes.
with chosen as (
    select f.member_id, f.file_id, s.split, f.generator as stratum, f.rank_key, f.is_spare, 'sampled' as role
    from work.fake f
    join work.image_group c using (file_id)
    join work.group_split s using (group_id)
    union all
    select member_id, file_id, split, 'photograph' as stratum, rank_key, is_spare, 'paired' as role from work.paired
    union all
    select member_id, file_id, split, 'photograph' as stratum, rank_key, is_spare, 'complement' as role from work.complement
),

-- Matched real images have strata of their own.
placed as (
    select c.* replace (coalesce(m.stratum, c.stratum) as stratum)
    from chosen c
    left join work.match_stratum m using (member_id)
)

select
    placed.member_id,
    $name as name,
    placed.split,
    row_number() over (
        partition by split
        order by is_spare, case when is_spare then stratum end, case when is_spare then rank_key end,
            md5('position' || $seed || file_id), file_id
    ) - 1 as position,
    file_id,
    case when is_spare then 'spare' else role end as role,
    stratum,
    null::varchar as substituted_for
from placed
-- An image of the extended selection that is in another split than its group is left out.
anti join work.earlier e on e.file_id = placed.file_id and e.split <> placed.split
