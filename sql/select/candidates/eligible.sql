-- The images that fulfil the SQL of a recipe, with its strata.
select a.member_id, a.file_id, a.origin, coalesce(e.stratum, a.generator) as stratum, a.label
from attributes a
join work.eligible e using (file_id)
where a.status = 'ok'
