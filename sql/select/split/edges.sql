-- The graph of all relations: pairs of an image and something that it shares with others, which begins with chr(0): bytes,
-- pixels, a perceptual hash, a prompt, and the values of work.grouped. Fakes are also paired with their photographs, perceptual hashes
-- with near ones. A prompt that a generator used more than four times is the name of a class, not a caption.
with image as (
    select t.file_id, a.label, a.generator, a.positive_prompt, a.paired_real_images, i.hash, i.pixel_hash,
        look(i.phash, i.phash_256) as phash
    from work.tied t
    join attributes a using (member_id)
    left join inspection i using (member_id)
),
class_name as (
    select distinct positive_prompt
    from attributes
    where label = 1 and positive_prompt in (select positive_prompt from image where label = 1)
    group by positive_prompt, generator
    having count(*) > 4
),
shared as (
    select file_id, chr(0) || chr(0) || 'bytes ' || hash as thing from image
    union all
    select file_id, chr(0) || chr(0) || 'pixels ' || pixel_hash from image
    union all
    select file_id, chr(0) || chr(0) || 'look ' || phash from image where $radius >= 0
    union all
    select file_id, chr(0) || chr(0) || 'prompt ' || positive_prompt
    from image
    where $prompts and label = 1 and positive_prompt <> '' and positive_prompt not in (from class_name)
),
near_look as (
    select chr(0) || chr(0) || 'look ' || one as one, chr(0) || chr(0) || 'look ' || other as other
    from work.near
    where one in (select phash from image) and other in (select phash from image)
)
select file_id as one, thing as other
from shared
where thing in (
    select thing from shared group by thing having count(*) > 1
    union all
    select one from near_look
    union all
    select other from near_look
)
union all
select g.file_id, g.value
from work.grouped g
semi join image using (file_id)
union all
select file_id, unnest(paired_real_images) from image
union all
from near_look
