-- Pairs of rows with near perceptual hashes. The second is dropped if the first is kept.
select least(a.preference, b.preference) as first, greatest(a.preference, b.preference) as second
from work.near n
join work.phash_first a on a.phash = n.one
join work.phash_first b on b.phash = n.other
