-- Listed ids that are in the manifest and usable. Of pictures that listed images of both labels have, none is usable.
with usable as (
    select l.split, l.file_id, a.member_id, a.source, a.label, a.generator, i.hash, i.pixel_hash
    from work.listed l
    join attributes a using (file_id)
    left join inspection i using (member_id)
    where a.status = 'ok'
      and coalesce(i.status, 'ok') = 'ok'
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
    having count(distinct label) > 1
)
select split, file_id, member_id, source, label, generator
from usable
anti join conflict on content = hash
anti join conflict by_pixels on by_pixels.content = pixel_hash
