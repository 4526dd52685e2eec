-- Pairs of near duplicates, whichever of them is kept. A chain of pairs is one group for the split.
select one.member_id, other.member_id as keeper_id
from work.near n
join work.phash_first a on a.phash = n.one
join work.phash_first b on b.phash = n.other
join work.checked one on one.preference = a.preference
join work.checked other on other.preference = b.preference
