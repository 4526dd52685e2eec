-- Each kind of component once.
select signature, any_value(generators) as generators, any_value(images) as images, count(*) as components
from work.signature
group by signature
order by signature
