-- Images that look alike, two by two, whichever of them stays: a chain of them is one cluster.
select one.member_id, other.member_id as keeper_id
from work.near n
join work.fingerprint a on a.phash = n.one
join work.fingerprint b on b.phash = n.other
join work.judged one on one.preference = a.preference
join work.judged other on other.preference = b.preference
