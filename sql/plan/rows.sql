-- The rows of one shard, in output order: of a refused row its spare, where one was left.
with planned as (
    select *
    from plan_read_locations
    where split = $split and shard = $shard
),

taken as (
    select p.*
    from planned p
    anti join plan_substitutions s using (split, place)
    union all
    select spare.* replace (p.shard as shard, p.shards as shards, p.place as place, p.file_id as substituted_for)
    from planned p
    join plan_substitutions s using (split, place)
    join plan_read_locations spare on spare.is_spare and spare.split = s.split and spare.rank = s.rank
)

select * exclude (shard, shards)
from taken
order by place
