-- Pairs of rows with near perceptual hashes. The second is dropped if the first is kept. Fixed rows come first, and are
-- always kept.
select least(a.preference, b.preference) as first, greatest(a.preference, b.preference) as second
from work.near n
join work.phash_first a on a.phash = n.one
join work.phash_first b on b.phash = n.other
where greatest(a.preference, b.preference) > (select count(*) from work.checked where is_fixed)
