-- The real images that each split has, itself or by its fakes: file_id, picture (equal for equal pixels or bytes) and
-- perceptual hash. Real images of fakes need not be selected, nor in the manifest.
with tie as (
    select split, unnest(paired_real_images) as file_id, false as is_audited
    from work.audited
    where label = 1
    union all
    select split, file_id, true
    from work.audited
    where label = 0
),

known as (
    select a.file_id, i.hash, i.pixel_hash, look(i.phash, i.phash_256) as phash
    from attributes a
    join inspection i using (member_id)
    where a.file_id in (select file_id from tie)
    union
    select file_id, hash, pixel_hash, phash
    from work.audited
    where label = 0
)

select
    t.split,
    t.file_id,
    coalesce(any_value(k.pixel_hash), any_value(k.hash), t.file_id) as picture,
    any_value(k.phash) as phash,
    bool_or(t.is_audited) as is_audited
from tie t
left join known k using (file_id)
group by t.split, t.file_id
