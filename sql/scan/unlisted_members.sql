-- Recorded loose files in folders that could not be listed ($unread), without those in `loose`, the files found before
-- the error. The scan does not know whether they were deleted.
select path, name_bytes, size, mtime_ns
from member
where container_id = $container_id
and len(list_filter($unread::varchar[], lambda folder: starts_with(path, folder))) > 0
and path not in (select path from loose)
