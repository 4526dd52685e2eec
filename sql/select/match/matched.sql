-- The matched real images of fakes that lack none, as the pool of a check.
select c.member_id, '' as generator, c.origin, c.rank_key, c.file_id, s.split, c.split is not null as is_tied, p.level
from work.match_pair p
join work.match_slot s using (slot)
join work.match_candidate c on c.member_id = p.real_id
anti join work.match_short m on m.fake_id = s.fake_id
