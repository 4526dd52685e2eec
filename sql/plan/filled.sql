-- Every row with its place, all that the output says of it, and where its bytes lie; spares have no place. What came with
-- an imported selection (shared_row) goes before what this machine's manifest says, and its hash is the one to meet.
-- In output order, so that a shard's rows are found without a look at the others.
select
    p.shard,
    p.shards,
    p.place,
    c.* exclude (member_id),
    coalesce(r.label, k.label) as label,
    coalesce(r.generator, k.generator) as generator,
    coalesce(r.description, k.description) as description,
    coalesce(r.positive_prompt, k.positive_prompt) as positive_prompt,
    coalesce(r.negative_prompt, k.negative_prompt) as negative_prompt,
    coalesce(r.conditioning, k.conditioning) as conditioning,
    coalesce(r.origin, k.origin) as origin,
    coalesce(r.paired_real_images, k.paired_real_images) as paired_real_images,
    k.width,
    k.height,
    k.format,
    k.mode,
    k.hash as known_hash,                     -- the bytes that width, height, format and mode were read from
    coalesce(r.hash, k.hash) as hash,         -- the bytes that have to be met
    k.container_id,
    k.source,
    k.ordinal,
    k.path,
    k.member,
    k.name_bytes,
    k.access,
    k."offset",
    k.packed_size,
    k.size,
    k.method,
    k.crc32,
    raw.mtime_ns,
    -- Parquet is read row group by row group, so it is gone through once like what has no other way.
    k.access = 'pass' or container.kind = 'parquet' as is_forward,
    case
        when k.file_id is null then 'not_in_manifest'
        when told.status <> 'ok' then told.status
        -- What was found in the bytes counts where they would be looked into, whoever looked before.
        when k.status <> 'ok' and ($decodes or k.hash is null) then k.status
    end as refusal,
    k.reason as detail
from plan_chosen c
left join plan_placed p using (split, rank)
left join manifest k on k.member_id = c.member_id and k.file_id = c.file_id
left join attributes told on told.member_id = k.member_id
left join member raw on raw.member_id = c.member_id
left join container on container.container_id = k.container_id
left join shared_row r on r.name = $selection and r.split = c.split and r.file_id = c.file_id
order by c.split, p.shard, p.place, c.rank
