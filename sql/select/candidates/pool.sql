-- Candidates that are reached.
select q.member_id, q.generator, q.origin, q.rank_key
from work.queue q
join work.depth d using (generator, origin)
join work.quota using (generator)
where q.place <= d.depth
