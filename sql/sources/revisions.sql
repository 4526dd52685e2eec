-- The upstream revisions of each source's files on this machine.
select distinct source, revision
from container
where revision is not null
order by all
