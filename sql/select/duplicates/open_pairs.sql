-- Pairs that are still undecided: neither row is dropped, and the first is not yet certainly kept.
select p.first, p.second
from work.near_pair p
semi join work.near_pair earlier on earlier.second = p.first
anti join work.near_dropped gone on gone.preference = p.first
anti join work.near_dropped gone on gone.preference = p.second
