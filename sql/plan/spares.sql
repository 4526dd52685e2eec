-- The spares of one split and stratum, in the order in which they stand in, read from where the rows are read from.
select
    c.rank as place,
    c.* exclude (shard, shards, place, container_id, access, "offset", packed_size, size, method, refusal, detail),
    case when f.container_id is null then c.container_id else -c.container_id end as container_id,
    case when f.container_id is null then c.access else 'slice' end as access,
    case when f.container_id is null then c."offset" else f."offset" end as "offset",
    case when f.container_id is null then c.packed_size else f.size end as packed_size,
    case when f.container_id is null then c.size else f.size end as size,
    case when f.container_id is null then c.method else 'stored' end as method,
    coalesce(c.refusal, f.reason) as refusal,
    coalesce(c.detail, f.detail) as detail
from plan_row c
left join plan_spilled f
    on f.container_id = c.container_id and f.ordinal = c.ordinal and f.member is not distinct from c.member
where c.is_spare and c.split = $split and c.stratum = $stratum
order by c.rank
