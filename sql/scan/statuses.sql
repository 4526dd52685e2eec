-- The number of containers of the scanned sources by status.
select status, count(*)
from container
where list_contains($sources, source)
group by status
order by status
