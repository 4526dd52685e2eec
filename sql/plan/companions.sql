-- The companion images that are stored with the planned rows (companions.ROLE in $columns), each with its number among the
-- further columns and the location of its bytes.
with named as (
    select
        split,
        coalesce(shard, -1) as shard,
        selection_position,
        is_spare,
        refusal as row_refusal,
        unnest(further) as companion_id,
        unnest($columns::varchar[]) as column_name,
        generate_subscripts(further, 1) - 1 as number
    from plan_row
),

known as (
    select member_id, file_id, status, reason from companion
    union all
    select member_id, file_id, status, reason from attributes
)

select
    n.* exclude (companion_id, column_name),
    l.container_id,
    l.ordinal,
    l.path,
    l.name,
    l.name_bytes,
    l.access,
    l."offset",
    l.packed_size,
    l.size,
    coalesce(l.size, $unknown_size) as expected_size,
    l.method,
    l.crc32,
    l.mtime_ns,
    l.is_sequential,
    if(k.status = 'ok', null, k.status) as refusal,
    k.reason as detail
from named n
join known k on k.file_id = n.companion_id
join member_location l using (member_id)
where starts_with(n.column_name, 'companions.')
