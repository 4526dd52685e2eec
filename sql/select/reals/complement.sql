-- The complement: unpaired real images, each in its split.
select c.member_id, c.file_id, c.origin, c.rank_key, u.split, c.is_spare
from work.chosen c
join work.unit_split u on u.group_id = c.file_id
