-- What is to be audited, as candidates that an inspector looks at where nobody did.
select a.member_id
from selection s
join attributes a using (file_id)
where s.name = $name
  and s.role <> 'spare'
  and a.status = 'ok'
