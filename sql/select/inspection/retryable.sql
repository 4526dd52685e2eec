-- Images whose verdict another look may change: it is as much about the disk, the memory and the limits of that day.
select member_id
from inspection
where status in ('unreadable', 'died', 'too_many_pixels')
