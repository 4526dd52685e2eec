-- Rows that are near one which is surely kept, because nothing is left that comes before that one and is near it.
select p.second as preference, min(p.first) as keeper
from work.pair p
anti join work.pair earlier on earlier.second = p.first
group by p.second
