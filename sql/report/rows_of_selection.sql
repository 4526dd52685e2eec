-- The rows of the report of a selection, numbered in the order of the selection; spares are left out. Facts about rows
-- of an import that this machine does not have are from the import; a row without any facts is `missing`.
with
chosen as (
    select split, position, file_id, role, substituted_for
    from selection
    where name = $name and role <> 'spare'
),

known as (
    select * exclude (name_bytes, crc32, method)
    from manifest
    where file_id in (select file_id from chosen)
    qualify row_number() over (partition by file_id order by status <> 'ok', source, path, member) = 1
)

select
    row_number() over (order by c.split, c.position, c.file_id) - 1 as row_id,
    c.split,
    c.role,
    c.substituted_for,
    c.file_id,
    coalesce(k.source, s.source, '') as source,
    coalesce(k.path, '') as path,
    k.member,
    coalesce(k.size, s.size) as size,
    coalesce(k.hash, s.hash) as hash,
    coalesce(k.origin, s.origin, '') as origin,
    coalesce(k.generator, s.generator, '') as generator,
    coalesce(k.label, s.label, 0) as label,
    coalesce(k.description, s.description, '') as description,
    coalesce(k.positive_prompt, s.positive_prompt, '') as positive_prompt,
    coalesce(k.negative_prompt, s.negative_prompt, '') as negative_prompt,
    coalesce(k.conditioning, s.conditioning, '') as conditioning,
    coalesce(k.paired_real_images, s.paired_real_images, []) as paired_real_images,
    coalesce(k.width, s.width) as width,
    coalesce(k.height, s.height) as height,
    coalesce(k.format, s.format) as format,
    coalesce(k.mode, s.mode) as mode,
    coalesce(k.status, 'missing') as status,
    if(k.file_id is null, 'not among the scanned images', k.reason) as reason,
    k.jpeg_quality,
    k.qtables_hash,
    k.has_exif,
    k.phash,
    k.phash_256,
    k.member_id,
    k.access
from chosen c
left join known k using (file_id)
left join shared_row s on s.name = $name and s.split = c.split and s.local_file_id = c.file_id
