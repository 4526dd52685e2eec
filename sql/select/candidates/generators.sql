-- The strata of fakes, or of all images: generators, unless the recipe divides the images by something else.
select distinct stratum as generator
from candidate
where (label = 1 or $every_label) and stratum <> ''
order by generator
