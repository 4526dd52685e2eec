-- Strata of real images: one per origin. Photographs of selected fakes are not candidates.
select '' as generator, a.origin, count(*) as candidates, null::bigint as cap
from candidate a
anti join work.photograph using (file_id)
where $per_fake > 0
  and a.label = 0
  and ($real_origins is null or list_contains($real_origins, a.origin))
group by a.origin
