-- The containers of a source as the last scan left them.
select container_id, path, path_bytes, fingerprint, status
from container
where source = $source
