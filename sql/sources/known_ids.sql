-- The required file_ids that the manifest has with status ok.
select r.file_id
from required r
semi join (select file_id from attributes where status = 'ok') a using (file_id)
