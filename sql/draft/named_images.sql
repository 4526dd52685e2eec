-- How many of $values name an image: by its path below $folder, and by the name of its file, both without suffix.
with images as (
    select logical_stem, split_part(logical_stem, '/', -1) as stem from raw_file where is_image
),
named as (
    select regexp_replace(value, '\.[^./]*$', '') as path from (select unnest($values::varchar[]) as value)
)
select
    count(*) filter ($folder || path in (select logical_stem from images)),
    count(*) filter (split_part(path, '/', -1) in (select stem from images))
from named
