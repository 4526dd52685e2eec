-- The planned rows, each with the location that its bytes are read from. A member that was spilled is read from the spill
-- file, which is a container with a negative number. A refused image may be read from a copy. `companions` are those that are
-- stored with the image.
with located as (
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
),

chosen as (
    select * from located anti join plan_copies using (split, position)
    union all by name
    select p.* replace (
        c.container_id as container_id,
        c.ordinal as ordinal,
        c.path as path,
        c.name as name,
        c.name_bytes as name_bytes,
        c.access as access,
        c."offset" as "offset",
        c.packed_size as packed_size,
        c.size as size,
        c.method as method,
        c.crc32 as crc32,
        c.mtime_ns as mtime_ns,
        c.hash as hash,
        c.known_hash as known_hash,
        c.refusal as refusal,
        c.detail as detail
    )
    from located p
    join plan_copies c using (split, position)
)

select c.*, l.companions
from chosen c
left join plan_companion_list l
    on l.split = c.split and l.shard = coalesce(c.shard, -1) and l.selection_position = c.selection_position
