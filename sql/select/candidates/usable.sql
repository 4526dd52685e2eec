-- The images that a recipe without SQL may select. Their strata are generators.
select member_id, file_id, origin, generator as stratum, label
from attributes
where status = 'ok'
