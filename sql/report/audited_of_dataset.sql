-- Images of a built dataset, as the audit measures them. Format and JPEG quality are known of probed images alone.
select
    split,
    file_id,
    source,
    label,
    case when label = 0 then '' else generator end as generator,
    positive_prompt,
    paired_real_images,
    hash,
    phash,
    format,
    mode,
    width,
    height,
    jpeg_quality,
    has_exif,
    size as byte_size,
    -- traits that the headers of probed images do not hold
    null::varchar as software,
    null::varchar as camera_make,
    null::varchar as text_keys,
    null::varchar as source_type,
    null::varchar as icc_profile,
    null::varchar as subsampling,
    null::varchar as scan_order,
    null::boolean as has_xmp,
    null::boolean as has_c2pa,
    null::boolean as has_comment,
    null::boolean as has_alpha,
    null::integer as bit_depth,
    null::varchar as encoder
from report_row
where status = 'ok'
