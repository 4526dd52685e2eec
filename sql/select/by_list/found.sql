-- Listed ids that can be selected. Of pictures that listed images of both labels have, none can.
with usable as (
    from work.matched
    where reason is null
),
content as (
    select hash as content, label from usable
    union all
    select pixel_hash, label from usable
),
conflict as (
    select content
    from content
    where content is not null
    group by content
    having min(label) < max(label)
)
select split, file_id, member_id, source, label, generator
from usable
anti join conflict on content = hash
anti join conflict by_pixels on by_pixels.content = pixel_hash
