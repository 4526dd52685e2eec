-- Attributes of images that were derived without a problem: one row per image, each file_id once.
select * exclude (code, detail, gap)
from derived
where code is null and member_id not in (select member_id from duplicate_id)
