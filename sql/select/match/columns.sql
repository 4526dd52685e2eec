-- The columns that images can be matched on: those of the manifest, and some that follow from them.
select
    *,
    greatest(width, height) as long_side,
    least(width, height) as short_side,
    width::bigint * height as pixels,
    width / height as aspect,
    size / (width::double * height) as bytes_per_pixel
from manifest
