-- Every row of the selection with all that the output says of it and where its bytes lie; spares too. What came with an
-- imported selection (shared_row) goes before what this machine's manifest says, and its hash is the one to meet.
-- A file_id that several members claim is taken from the one that may be used, the same one on every machine.
with known as (
    select m.*, c.kind, raw.mtime_ns
    from manifest m
    join container c using (container_id)
    join member raw using (member_id)
)

select
    s.split,
    s.position as rank,                       -- the selection's order
    s.file_id,
    s.role = 'spare' as is_spare,
    s.stratum,
    s.substituted_for,
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
    k.mtime_ns,
    -- Parquet is read row group by row group, so it is gone through once like what has no other way.
    k.access = 'pass' or k.kind = 'parquet' as is_forward,
    coalesce(r.size, k.size, $unknown_size) as expected_size,
    case
        when k.file_id is null then 'not_in_manifest'
        when k.status <> 'ok' then k.status
    end as refusal,
    k.reason as detail
from selection s
left join known k using (file_id)
left join shared_row r on r.name = s.name and r.split = s.split and r.file_id = s.file_id
where s.name = $selection
qualify row_number() over (
    partition by s.split, s.position order by k.status = 'ok' desc, k.source, k.path, k.member, k.ordinal
) = 1
