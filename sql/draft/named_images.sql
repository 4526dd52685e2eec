-- How many of $values name an image: by its path below $folder, by the name of its file, both without suffix; then the
-- folder, with a slash at its end, below which most values with a slash are paths of images, and how many these are.
with images as (
    select logical_stem, split_part(logical_stem, '/', -1) as stem from raw_file where is_image
),
named as (
    select regexp_replace(replace(value, '\', '/'), '^(\./)+|\.[^./]*$', '', 'g') as path
    from (select unnest($values::varchar[]) as value)
),
below as (
    select left(i.logical_stem, length(i.logical_stem) - length(n.path)) as prefix, count(distinct n.path) as paths
    from named n
    join images i on i.stem = split_part(n.path, '/', -1) and ends_with('/' || i.logical_stem, '/' || n.path)
    where n.path like '%/%'
    group by prefix
),
best as (
    select prefix, paths from below order by paths desc, prefix limit 1
)
select
    count(*) filter ($folder || path in (select logical_stem from images)),
    count(*) filter (split_part(path, '/', -1) in (select stem from images)),
    coalesce((select prefix from best), ''),
    coalesce((select paths from best), 0)
from named
