-- The images of selection $name that are in the manifest.
select distinct a.member_id
from selection s
join attributes a using (file_id)
where s.name = $name and a.status = 'ok'
