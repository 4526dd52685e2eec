-- Number of audited fakes and real images.
select count(*) filter (label = 1) as fakes, count(*) filter (label = 0) as reals
from work.audited
