-- Images of a built dataset, as the audit measures them. Format and JPEG quality are known of probed images alone.
select
    split,
    file_id,
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
    size as byte_size
from report_row
where status = 'ok'
