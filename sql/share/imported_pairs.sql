-- The pairs of the import $name under the file_ids of this machine; those with an image that was not found are left out.
-- `imported`: the pairs of the export.
select $name as name, f.local_file_id as fake_id, r.local_file_id as real_id
from imported i
join shared_row f on f.name = $name and f.file_id = i.fake_id
join shared_row r on r.name = $name and r.file_id = i.real_id
where f.local_file_id is not null and r.local_file_id is not null
order by all
