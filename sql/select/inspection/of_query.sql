-- The images that a query returned, each once.
select distinct a.member_id
from work.returned q
join attributes a using (file_id)
where a.status = 'ok'
