-- Known loose files below folders that could not be looked through this time, and that were not found (`loose`) before
-- the trouble began: nothing says that they are gone.
select path, name_bytes, size, mtime_ns
from member
where container_id = $container_id
and len(list_filter($unread::varchar[], lambda folder: starts_with(path, folder))) > 0
and path not in (select path from loose)
