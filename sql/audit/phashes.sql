-- Perceptual hashes to compare, as sql/select/duplicates/near.sql reads them.
select distinct phash, true as is_new
from work.audited
where phash is not null
