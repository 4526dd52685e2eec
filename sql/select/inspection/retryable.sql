-- Images whose inspection may end differently next time: its result depended on the disk, the memory or the limits.
select member_id
from inspection
where status in ('unreadable', 'crashed', 'too_many_pixels')
