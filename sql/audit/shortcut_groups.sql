-- The sources and generators with at least $min_class fakes among the audited images.
select 'source' as kind, source as name
from work.audited_all
where label = 1
group by source
having count(*) >= $min_class
union all
select 'generator' as kind, generator as name
from work.audited_all
where label = 1
group by generator
having count(*) >= $min_class
order by kind desc, name
