-- The images to audit, as the pool of an inspector.
select a.member_id
from selection s
join attributes a using (file_id)
where s.name = $name
  and s.role <> 'spare'
  and a.status = 'ok'
