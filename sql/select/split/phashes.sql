-- All perceptual hashes met so far, and those of related images that were no candidates.
select phash, false as is_new
from work.phash
union all
select distinct i.phash, true as is_new
from work.tied
join (select member_id, look(phash, phash_256) as phash from inspection) i using (member_id)
anti join work.phash using (phash)
where i.phash is not null
