-- Every generator that the manifest knows fakes of.
select distinct generator
from attributes
where label = 1 and generator <> ''
order by generator
