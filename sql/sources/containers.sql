-- Number of containers and members per source, kind and status in the last scan.
select source, kind, status, count(*) as containers, sum(listed) as members
from container
group by all
order by all
