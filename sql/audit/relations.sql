-- Images and the things that related ones have in common: bytes, pixels, near perceptual hashes, photographs, prompts and
-- declared groups. A prompt that a generator used more than four times is the name of a class.
with class_name as (
    select distinct positive_prompt
    from work.audit_image
    where label = 1
    group by positive_prompt, generator
    having count(*) > 4
),

tie as (
    select image, 'bytes ' || hash as thing from work.audit_image
    union all
    select image, 'pixels ' || pixel_hash from work.audit_image
    union all
    select image, 'look ' || phash from work.audit_image
    union all
    select i.image, 'near ' || n.one || ' ' || n.other
    from work.near n
    join work.audit_image i on i.phash = n.one
    union all
    select i.image, 'near ' || n.one || ' ' || n.other
    from work.near n
    join work.audit_image i on i.phash = n.other
    union all
    select image, 'image ' || unnest(paired_real_images) from work.audit_image
    union all
    select image, 'image ' || file_id from work.audit_image
    union all
    select image, 'group ' || group_id from work.audit_image where group_id <> ''
    union all
    select image, 'prompt ' || positive_prompt
    from work.audit_image
    where label = 1 and positive_prompt <> '' and positive_prompt not in (from class_name)
),

shared as (
    select thing, row_number() over (order by thing) - 1 as number
    from tie
    where thing is not null
    group by thing
    having count(*) > 1
)

select t.image, s.number as thing
from tie t
join shared s using (thing)
order by image, thing
