-- Generators that have fakes in the manifest.
select distinct generator
from attributes
where label = 1 and generator <> ''
order by generator
