-- Candidates that were reached.
select r.*
from work.ranked r
join work.depth d using (generator, origin)
join work.quota q using (generator)
where r.place <= d.depth
