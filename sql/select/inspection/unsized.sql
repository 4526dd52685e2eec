-- Uninspected images of selection $name, without spares, whose size is only known once they are read: cells of Parquet
-- files and members of compressed streams. An imported selection brings its sizes along.
select distinct a.member_id
from selection s
join attributes a using (file_id)
join member m using (member_id)
anti join inspection i using (member_id)
where s.name = $name
  and s.role <> 'spare'
  and a.status = 'ok'
  and m.size is null
  and not exists (from shared_row r where r.name = s.name and r.split = s.split and r.local_file_id = s.file_id)
