-- The images of selection $name that the manifest has.
select distinct a.member_id
from selection s
join attributes a using (file_id)
where s.name = $name and a.status = 'ok'
