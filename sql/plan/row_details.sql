-- Every row with its place, all that the output says of it, and where its bytes lie; spares have no place. What came with
-- an imported selection (shared_row) goes before what this machine's manifest says, and its hash is the one to meet.
-- A lot of them at a time, in output order, so that a shard's rows are found without a look at the others. Of the manifest
-- just what the lot needs is taken out first, so that the joins hold no more than a lot, whichever side they hold.
with lot as materialized (
    select *
    from plan_shard_assignment
    where split = $split and coalesce(shard, -1) between $first and $last
),

told as (
    select * from attributes where member_id in (select member_id from lot)
),

lying as (
    select * from member where member_id in (select member_id from lot)
),

seen as (
    select * from inspection where member_id in (select member_id from lot)
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
    i.width,
    i.height,
    i.format,
    i.mode,
    i.hash as known_hash,                     -- the bytes that width, height, format and mode were read from
    coalesce(r.hash, i.hash) as hash,         -- the bytes that have to be met
    m.container_id,
    a.source,
    m.ordinal,
    m.path,
    m.name as member,
    m.name_bytes,
    m.access,
    m."offset",
    m.packed_size,
    coalesce(i.byte_size, m.size) as size,
    m.method,
    m.crc32,
    m.mtime_ns,
    -- Parquet is read row group by row group, so it is gone through once like what has no other way.
    m.access = 'sequential' or container.kind = 'parquet' as is_forward,
    case
        when a.file_id is null then 'not_in_manifest'
        when a.status <> 'ok' then a.status
        -- What was found in the bytes counts where they would be looked into, whoever looked before.
        when i.status <> 'ok' and ($decodes or i.hash is null) then i.status
    end as refusal,
    coalesce(a.reason, i.reason) as detail
from lot p
left join told a on a.member_id = p.member_id and a.file_id = p.file_id
left join lying m on m.member_id = a.member_id
left join seen i on i.member_id = a.member_id
left join container on container.container_id = m.container_id
left join shared_row r on r.name = $selection and r.split = p.split and r.file_id = p.file_id
order by p.shard, p.place, p.rank
