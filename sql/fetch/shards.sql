-- The shards of a part of which something was stored, by number.
select distinct key / $items
from log
where part = $part and status = 'success'
order by 1
