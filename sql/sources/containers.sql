-- How each source is packed, as the last scan found it.
select source, kind, status, count(*) as containers, sum(listed) as members
from container
group by all
order by all
