-- The strata of all groups, with the number of their images.
select stratum, any_value(parent) as parent, sum(images)::bigint as images
from work.unit
group by stratum
order by stratum
