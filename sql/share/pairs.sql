-- The fakes of the matched selection $name and the real images that they were matched with.
select p.fake_id, p.real_id
from selection_pair p
where p.name = $name
order by p.fake_id, p.real_id
