-- Those of the wanted file_ids that the manifest has and that can be used.
select w.file_id
from wanted w
semi join (select file_id from attributes where status = 'ok') a using (file_id)
