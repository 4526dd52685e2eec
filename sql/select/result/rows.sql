-- The selection. Positions are in the order of another hash than ranks are: by rank, generators of which there is plenty
-- would all come first. Spares come behind everything, in the order in which they stand in.
with chosen as (
    select f.member_id, f.file_id, s.split, f.generator as stratum, f.rank_key, f.is_spare, 'sampled' as role
    from work.fake f
    join work.component c using (file_id)
    join work.side s using (component)
    union all
    select member_id, file_id, split, 'photograph' as stratum, rank_key, is_spare, 'paired' as role from work.paired
    union all
    select member_id, file_id, split, 'photograph' as stratum, rank_key, is_spare, 'complement' as role from work.complement
)
select
    member_id,
    $name as name,
    split,
    row_number() over (
        partition by split
        order by is_spare, case when is_spare then stratum end, case when is_spare then rank_key end,
            md5('position' || $seed || file_id), file_id
    ) - 1 as position,
    file_id,
    case when is_spare then 'spare' else role end as role,
    stratum,
    null::varchar as substituted_for
from chosen
