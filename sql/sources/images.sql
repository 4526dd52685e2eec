-- Images of each source by generator ('' for photographs); how many of them cannot be used.
select source, generator, count(*) as images, count(*) filter (status <> 'ok') as unusable
from attributes
group by all
order by all
