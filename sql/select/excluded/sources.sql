-- The keys of all sources with images.
select distinct source
from attributes
order by source
