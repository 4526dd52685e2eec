-- The number of items per outcome; items without an outcome are 'pending'.
select coalesce(l.status, 'pending') as status, l.error, l.http_status, count(*) as items, coalesce(sum(l.bytes), 0) as size
from item i
left join log l using (part, key)
group by 1, l.error, l.http_status
order by items desc, status, l.error, l.http_status
