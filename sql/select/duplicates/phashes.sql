-- All perceptual hashes met so far. New ones still have to be compared.
select phash, false as is_new
from work.phash
union all
select distinct phash, true as is_new
from work.look
anti join work.phash using (phash)
