-- The rows of a range of shards, in output order, each with its position, all columns of the output, and the location of
-- its bytes. Spares have no position. Columns of an imported selection (shared_row) precede those of the local manifest, and
-- the bytes must have its hash. The manifest is filtered before the joins, so that they hold no more than the range.
with shard_range as materialized (
    select *
    from plan_shard_assignment
    where split = $split and coalesce(shard, -1) between $first and $last
),

range_attributes as (
    select * from attributes where member_id in (select member_id from shard_range)
),

range_locations as (
    select * from member_location where member_id in (select member_id from shard_range)
),

range_inspections as (
    select * from inspection where member_id in (select member_id from shard_range)
)

select
    p.* exclude (member_id),
    coalesce(r.label, a.label) as label,
    coalesce(r.generator, a.generator) as generator,
    coalesce(r.description, a.description) as description,
    coalesce(r.positive_prompt, a.positive_prompt) as positive_prompt,
    coalesce(r.negative_prompt, a.negative_prompt) as negative_prompt,
    coalesce(r.conditioning, a.conditioning) as conditioning,
    coalesce(r.origin, a.origin) as origin,
    coalesce(r.paired_real_images, a.paired_real_images) as paired_real_images,
    if($columns::varchar[] = [], null, list_transform($columns::varchar[], lambda name: case
        when name = 'kind' then coalesce(a.kind, if(a.label = 0, 'real', 'synthetic'))
        when name = 'group_id' then a.group_id
        when name = 'generator_released' then a.generator_released::varchar
        when name = 'source' then a.source
        when starts_with(name, 'extra.') then a.extra[substr(name, 7)]
        else a.companions[substr(name, 12)]
    end)) as further,                         -- values of the further columns; of a companion, its file_id
    i.width,
    i.height,
    i.format,
    i.mode,
    i.metadata_removed,                       -- null: an earlier version inspected the image
    i.hash as known_hash,                     -- of the bytes that width, height, format and mode were read from
    case                                      -- that the bytes must have
        when r.matched_by = 'pixels' and i.pixel_hash = r.pixel_hash then i.hash
        else coalesce(r.hash, i.hash)
    end as hash,
    l.container_id,
    a.source,
    l.ordinal,
    l.path,
    l.name,
    l.name_bytes,
    l.access,
    l."offset",
    l.packed_size,
    coalesce(i.byte_size, l.size) as size,
    l.method,
    l.crc32,
    l.mtime_ns,
    l.is_sequential,
    case
        when a.file_id is null then 'not_in_manifest'
        when a.status <> 'ok' then a.status
        -- An inspection refuses a row only if this build checks images as thoroughly.
        when i.status <> 'ok' and (
            i.hash is null or $check = 'decode' or ($check = 'lenient' and i.status <> 'damaged')
        ) then i.status
    end as refusal,
    reason_of(a.status, a.reason, i.status, i.reason) as detail
from shard_range p
left join shared_row r on r.name = $selection and r.split = p.split and r.file_id = p.file_id
left join range_attributes a on a.member_id = p.member_id and a.file_id = coalesce(r.local_file_id, p.file_id)
left join range_locations l on l.member_id = a.member_id
left join range_inspections i on i.member_id = a.member_id
order by p.shard, p.position, p.selection_position
