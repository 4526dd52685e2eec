-- How many items are still to be fetched.
select count(*)
from item i
left join log l using (part, key)
where l.key is null or l.error = 'host given up' or ($failed_too and l.status = 'failed')
