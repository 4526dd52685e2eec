-- The bins in which fakes lack a real image: fakes without one, most first.
select bin, count(*) as fakes
from work.match_short
group by bin
order by fakes desc, bin
