-- Photographs of the selected fakes that the recipe takes.
select p.member_id, p.generator, p.origin, p.rank_key
from work.photograph_pool p
join candidate a using (member_id)
where $per_fake > 0
  and a.label = 0
  and ($real_origins is null or list_contains($real_origins, a.origin))
