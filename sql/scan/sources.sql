-- The sources that have rows in the manifest.
select distinct source
from container
