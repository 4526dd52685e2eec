-- The images of selection $name, spares apart, whose size only reading tells, and that nobody read yet: what lies in
-- Parquet or in a compressed stream. Of an imported selection the sizes have come along.
select distinct a.member_id
from selection s
join attributes a using (file_id)
join member m using (member_id)
anti join inspection i using (member_id)
where s.name = $name
  and s.role <> 'spare'
  and a.status = 'ok'
  and m.size is null
  and not exists (from shared_row r where r.name = s.name and r.split = s.split and r.file_id = s.file_id)
