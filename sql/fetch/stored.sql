-- Items whose bytes should lie on disk, to be compared with what does.
select part, key, type, bytes
from log
where status = 'success'
order by part, key
