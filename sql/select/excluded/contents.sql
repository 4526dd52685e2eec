-- The bytes and the pixels of the pictures that the recipe excludes, by their hashes.
with excluded as (
    select i.hash, i.pixel_hash
    from work.excluded
    join inspection i using (member_id)
    where i.status = 'ok'
    union all
    select hash, pixel_hash from work.exported
),
content as (
    select unnest([hash, pixel_hash]) as content
    from excluded
)
select distinct content
from content
where content is not null
