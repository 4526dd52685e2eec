-- What declarations made of raw rows: a row an image, a file_id once.
select * exclude (code, detail)
from derived
where code is null and member_id not in (select member_id from duplicate_id)
