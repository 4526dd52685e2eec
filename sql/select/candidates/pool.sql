-- Candidates of this round: the first of each stratum, down to its depth.
select r.member_id, r.generator, r.origin, r.rank_key
from work.ranked r
join work.depth d using (generator, origin)
join work.quota using (generator)
where r.rank <= d.depth
