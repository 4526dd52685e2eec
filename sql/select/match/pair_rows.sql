-- The pairs of the selection: a fake and each real image that was matched with it.
select $name as name, f.file_id as fake_id, r.file_id as real_id
from work.match_pair p
join work.match_slot s using (slot)
join work.fake f on f.member_id = s.fake_id
join work.matched r on r.member_id = p.real_id
