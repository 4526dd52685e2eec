-- The split of each group that holds a fake.
select distinct g.group_id, w.split
from work.image_group g
join work.fake f using (file_id)
join attributes a using (member_id)
join work.window w on w.generator = a.generator
