-- Perceptual hashes to compare, as sql/select/duplicates/near.sql reads them.
select distinct phash, true as is_new
from (select phash from work.audited union all select phash from work.audit_photograph)
where phash is not null
