-- The listed ids, each once per split. An id that the manifest lacks is taken without the white space around it.
select distinct w.split, if(a.file_id is null, w.stripped, w.file_id) as file_id
from work.written w
left join attributes a using (file_id)
