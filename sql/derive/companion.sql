-- Images that accompany others: one row per image, each file_id once.
select member_id, source, file_id, role, status, reason
from derived
where code is null and role is not null and member_id not in (select member_id from duplicate_id)
