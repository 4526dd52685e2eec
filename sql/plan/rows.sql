-- The rows of one shard, in output order: of a refused row its spare, where one was left; of a row that a forward pass
-- has spilled, its place in the spill file (a container of its own, by the negated number).
with planned as (
    select *
    from plan_row
    where split = $split and shard = $shard
),

taken as (
    select p.*
    from planned p
    anti join plan_settled s using (split, place)
    union all
    select spare.* replace (p.shard as shard, p.shards as shards, p.place as place, p.file_id as substituted_for)
    from planned p
    join plan_settled s using (split, place)
    join plan_row spare on spare.is_spare and spare.split = s.split and spare.rank = s.rank
)

select
    t.* exclude (shard, shards, container_id, access, "offset", packed_size, size, method, refusal, detail),
    case when f.container_id is null then t.container_id else -t.container_id end as container_id,
    case when f.container_id is null then t.access else 'slice' end as access,
    case when f.container_id is null then t."offset" else f."offset" end as "offset",
    case when f.container_id is null then t.packed_size else f.size end as packed_size,
    case when f.container_id is null then t.size else f.size end as size,
    case when f.container_id is null then t.method else 'stored' end as method,
    coalesce(t.refusal, f.reason) as refusal,
    coalesce(t.detail, f.detail) as detail
from taken t
left join plan_spilled f
    on f.container_id = t.container_id and f.ordinal = t.ordinal and f.member is not distinct from t.member
order by t.place
