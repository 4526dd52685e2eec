-- Number of images per source and generator ('' for real images), and how many of them cannot be used.
select source, generator, count(*) as images, count(*) filter (status <> 'ok') as unusable
from attributes
group by all
order by all
