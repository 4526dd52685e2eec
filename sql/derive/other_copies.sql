-- Copies of images with their attributes, in the order in which they take the place of a bad image.
select d.* exclude (code, detail, gap, role), c.rank
from derived_dated d
join duplicate_id c using (member_id, file_id)
where c.code = 'duplicate_id' and d.role is null
