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
    dense_rank() over (order by software)::double as software,
    dense_rank() over (order by camera_make)::double as camera_make,
    dense_rank() over (order by text_keys)::double as text_keys,
    dense_rank() over (order by source_type)::double as source_type,
    dense_rank() over (order by icc_profile)::double as icc_profile,
    dense_rank() over (order by subsampling)::double as subsampling,
    dense_rank() over (order by scan_order)::double as scan_order,
    coalesce(has_xmp, false)::double as xmp,
    coalesce(has_c2pa, false)::double as c2pa,
    coalesce(has_comment, false)::double as comment,
    coalesce(has_alpha, false)::double as alpha,
    coalesce(bit_depth, 0)::double as bit_depth,
    dense_rank() over (order by encoder)::double as encoder,
    byte_size::double as file_size,
    (byte_size / (width::double * height))::double as bytes_per_pixel
from work.audited
where format is not null
order by md5('tree' || file_id)
limit 200000
