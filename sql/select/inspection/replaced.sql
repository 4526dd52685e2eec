-- The bad images that copies replace, as the last copies of their file_ids.
select a.*, 1 << 30 as rank
from work.replacement r
join attributes a on a.member_id = r.bad_id
