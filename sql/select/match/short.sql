-- Fakes that lack a real image, with their bins.
select s.fake_id, any_value(s.split) as split, array_to_string(any_value(s.bins), ', ') as bin
from work.match_slot s
anti join work.match_pair using (slot)
group by s.fake_id
