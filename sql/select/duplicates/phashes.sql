-- All perceptual hashes that were ever met; those that are new are still to be compared.
select phash, false as is_fresh
from work.print
union all
select phash, true as is_fresh
from work.fingerprint
anti join work.print using (phash)
