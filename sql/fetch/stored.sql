-- Items of a shard whose bytes should lie on disk, to be compared with what does.
select key, type, bytes
from log
where part = $part and key between $first and $last and status = 'success'
order by key
