-- The rows of shards $first to $last of a split, in output order, as plan/shard_rows. A refused row is replaced by its
-- spare, if one was left.
with planned as (
    select *
    from plan_read_locations
    where split = $split and shard between $first and $last
),

substituted as (
    select p.*
    from planned p
    anti join plan_substitutions s using (split, position)
    union all
    select spare.* replace (
        p.shard as shard, p.shards as shards, p.position as position, p.file_id as substituted_for
    )
    from planned p
    join plan_substitutions s using (split, position)
    join plan_read_locations spare
        on spare.is_spare and spare.split = s.split and spare.selection_position = s.spare_position
)

select * exclude (shards)
from substituted
order by shard, position
