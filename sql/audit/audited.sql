-- Images to audit: those of selection $name without its spares, or all inspected images if $name is null. With
-- $with_unmatched, also those that matching left out.
with chosen as (
    select file_id, split
    from selection
    where name = $name and role <> 'spare'
    union all
    select file_id, '' as split
    from selection_excluded
    where $with_unmatched and name = $name and step = 'match'
    union all
    select file_id, '' as split
    from attributes
    where $name is null
)
select
    c.split,
    a.file_id,
    a.source,
    a.origin,
    a.group_id,
    a.label,
    case when a.label = 0 then '' else a.generator end as generator,
    a.positive_prompt,
    a.paired_real_images,
    i.hash,
    i.pixel_hash,
    look(i.phash, i.phash_256) as phash,
    i.format,
    i.mode,
    i.width,
    i.height,
    i.jpeg_quality,
    coalesce(i.qtables_hash, 'none') as qtables_hash,
    i.has_exif,
    i.byte_size,
    -- null: not known
    case when i.encoder is not null then coalesce(i.software, 'none') end as software,
    case when i.encoder is not null then coalesce(i.camera_make, 'none') end as camera_make,
    case when i.encoder is not null then coalesce(i.text_keys, 'none') end as text_keys,
    case when i.encoder is not null then coalesce(i.source_type, 'none') end as source_type,
    case when i.encoder is not null then coalesce(i.icc_profile, 'none') end as icc_profile,
    case when i.encoder is not null then coalesce(i.subsampling, 'none') end as subsampling,
    case
        when i.encoder is null then null
        when i.is_progressive then 'progressive'
        when i.is_interlaced then 'interlaced'
        else 'none'
    end as scan_order,
    i.has_xmp,
    i.has_c2pa,
    i.has_comment,
    i.has_alpha,
    i.bit_depth,
    i.encoder
from chosen c
join attributes a using (file_id)
join inspection i using (member_id)
where a.status = 'ok'
  and i.status = 'ok'
  and i.outdated is not true
