-- Some images of a selection that the manifest has: the first ones by a hash of their file_ids.
select file_id
from selection
where name = $name and role <> 'spare' and file_id in (select file_id from attributes)
order by md5(file_id), file_id
limit $images
