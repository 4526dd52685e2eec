-- The generators of candidates that have no release date.
select distinct a.generator
from every_candidate c
join attributes a using (member_id)
where c.label = 1
  and a.generator_released is null
  and ($generators is null or list_contains($generators, a.generator))
order by a.generator
