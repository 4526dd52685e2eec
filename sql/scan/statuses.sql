-- How many containers of the scanned sources there are of each status.
select status, count(*)
from container
where list_contains($sources, source)
group by status
order by status
