-- Perceptual hashes to compare, in the shape that select/near takes.
select distinct phash, true as is_fresh
from work.audited
where phash is not null
