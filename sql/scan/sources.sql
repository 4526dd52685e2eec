-- The sources that the manifest holds something of.
select distinct source
from container
