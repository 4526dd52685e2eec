-- Pairs that are still to be settled: neither side is dropped, and the first is not yet surely kept.
select p.first, p.second
from work.pair p
semi join work.pair earlier on earlier.second = p.first
anti join work.near_dropped gone on gone.preference = p.first
anti join work.near_dropped gone on gone.preference = p.second
