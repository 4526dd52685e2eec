-- All perceptual hashes met so far, and those of related images that were no candidates.
with related as (
    select distinct look(i.phash, i.phash_256) as phash
    from work.tied
    join inspection i using (member_id)
    where i.phash is not null
)
select phash, false as is_new
from work.phash
union all
select phash, true as is_new
from related
anti join work.phash using (phash)
