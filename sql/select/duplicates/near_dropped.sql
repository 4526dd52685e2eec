-- Rows that are near a row which is certainly kept: no open pair has that row as its second.
select p.second as preference, min(p.first) as keeper
from work.near_pair p
anti join work.near_pair earlier on earlier.second = p.first
group by p.second
