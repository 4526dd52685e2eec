-- The split of each image of the sample.
select s.file_id, u.split
from work.sample s
join work.image_group using (file_id)
join work.unit_split u using (group_id)
