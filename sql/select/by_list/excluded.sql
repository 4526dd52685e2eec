-- Listed ids that cannot be selected.
select $name as name, file_id, 'list' as step, reason
from work.missing
