-- Rows whose perceptual hashes are near each other, the one that comes first and the one that goes if the first stays.
select least(a.preference, b.preference) as first, greatest(a.preference, b.preference) as second
from work.near n
join work.fingerprint a on a.phash = n.one
join work.fingerprint b on b.phash = n.other
