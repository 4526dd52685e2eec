-- The number of items that are still to be fetched; conditions as in pending.
select count(*)
from item i
left join log l using (part, key)
where l.key is null or l.error = 'host given up' or ($failed_too and l.status = 'failed' and coalesce(l.http_status, 0) not in (404, 410))
