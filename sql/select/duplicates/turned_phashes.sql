-- All perceptual hashes met so far, and those of the new ones mirrored and turned, which are compared with all.
select distinct phash, true as is_new
from work.turned
anti join work.straight using (phash)
union all
select phash, false as is_new
from work.straight
