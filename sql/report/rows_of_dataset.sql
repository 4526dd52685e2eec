-- The rows of the report of a built dataset; columns as in rows_of_selection, and the shard. Facts about the stored bytes
-- are from the shards; sources and the perceptual hashes of the originals are from the build record and the manifest.
with
known as (
    select m.*
    from manifest m
    semi join built_row using (file_id)
),

made as (
    select split, file_id, position, substituted_for, source_sha256, stored_sha256, transform
    from built_record
    qualify row_number() over (partition by split, file_id order by position) = 1
),

origin as (
    select b.row_id, k.source, k.path, k.member, k.phash, k.phash_256, r.substituted_for, r.stored_sha256, r.transform
    from built_row b
    left join made r using (split, file_id)
    left join known k on k.file_id = b.file_id
    qualify row_number() over (
        partition by b.row_id
        order by k.hash is distinct from r.source_sha256, k.status is distinct from 'ok', k.source, k.path, k.member
    ) = 1
)

select
    b.row_id,
    b.split,
    '' as role,
    o.substituted_for,
    b.file_id,
    coalesce(o.source, '') as source,
    coalesce(o.path, '') as path,
    o.member,
    b.size,
    o.stored_sha256 as hash,
    b.origin,
    b.generator,
    b.label,
    b.description,
    b.positive_prompt,
    b.negative_prompt,
    b.conditioning,
    coalesce(b.paired_real_images, []) as paired_real_images,
    coalesce(b.width, h.width) as width,
    coalesce(b.height, h.height) as height,
    h.format,
    h.mode,
    'ok' as status,
    null::varchar as reason,
    h.jpeg_quality,
    h.qtables_hash,
    h.has_exif,
    o.phash,
    o.phash_256,
    null::bigint as member_id,
    null::varchar as access,
    b.shard,
    o.transform
from built_row b
join origin o using (row_id)
left join built_header h using (row_id)
