-- The planned rows, each with the location that its bytes are read from. A member that was spilled is read from the spill
-- file, which is a container with a negative number.
select
    p.* exclude (container_id, access, "offset", packed_size, size, method, refusal, detail),
    coalesce(f.spill, p.container_id) as container_id,
    case when f.container_id is null then p.access else 'slice' end as access,
    case when f.container_id is null then p."offset" else f."offset" end as "offset",
    case when f.container_id is null then p.packed_size else f.size end as packed_size,
    case when f.container_id is null then p.size else f.size end as size,
    case when f.container_id is null then p.method else 'stored' end as method,
    coalesce(p.refusal, f.reason) as refusal,
    coalesce(p.detail, f.detail) as detail
from plan_row p
left join plan_spilled_members f
    on f.container_id = p.container_id and f.ordinal = p.ordinal and f.name is not distinct from p.name
