-- Look at all of every queue.
select generator, origin, candidates as depth
from work.stratum
