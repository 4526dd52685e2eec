-- The rows of one shard, in output order: of a refused row its spare, where one was left; of a row that a forward pass
-- has spilled, its place in the spill file (a container of its own, by the negated number).
select
    p.place,
    c.* exclude (container_id, access, "offset", packed_size, size, method, refusal, detail, substituted_for),
    case when f.container_id is null then c.container_id else -c.container_id end as container_id,
    case when f.container_id is null then c.access else 'slice' end as access,
    case when f.container_id is null then c."offset" else f."offset" end as "offset",
    case when f.container_id is null then c.packed_size else f.size end as packed_size,
    case when f.container_id is null then c.size else f.size end as size,
    case when f.container_id is null then c.method else 'stored' end as method,
    coalesce(c.refusal, f.reason) as refusal,
    coalesce(c.detail, f.detail) as detail,
    case when s.rank is null then c.substituted_for else p.file_id end as substituted_for
from plan_placed p
left join plan_settled s using (split, place)
join plan_chosen c on c.split = p.split and c.rank = coalesce(s.rank, p.rank)
left join plan_spilled f
    on f.container_id = c.container_id and f.ordinal = c.ordinal and f.member is not distinct from c.member
where
    p.split = $split and p.shard = $shard
    and (s.place is null or s.rank is not null)
order by p.place
