-- The number of images whose paths differ from that of another image in their suffixes alone, and of those that have the
-- path of another image: containers that differ in their suffixes alone.
with image as (
    select logical_stem, suffix, count(*) as images
    from raw_file
    where is_image
    group by all
)
select
    count(*) - count(distinct logical_stem) as stems,
    coalesce(sum(images) - count(*), 0)::bigint as paths
from image
