-- Items of a shard that are stored according to the log, for comparison with the files on disk.
select key, type, bytes
from log
where part = $part and key between $first and $last and status = 'success'
order by key
