-- Traits as numbers, for a decision tree.
select
    label,
    generator,
    ('0x' || substr(md5('fold' || file_id), 1, 8))::bigint % 5 as fold,
    dense_rank() over (order by format)::double as format,
    dense_rank() over (order by mode)::double as mode,
    width::double as width,
    height::double as height,
    (width / height)::double as aspect,
    coalesce(jpeg_quality, 0)::double as jpeg_quality,
    coalesce(has_exif, false)::double as exif,
    byte_size::double as file_size,
    (byte_size / (width::double * height))::double as bytes_per_pixel
from work.audited
where format is not null
order by md5('tree' || file_id)
limit 200000
