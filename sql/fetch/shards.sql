-- The numbers of the shards of a part with at least one stored item.
select distinct key / $items
from log
where part = $part and status = 'success'
order by 1
