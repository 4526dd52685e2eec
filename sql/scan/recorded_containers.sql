-- The containers of a source as the last scan recorded them. Containers whose disk or reader failed count as failed,
-- so that the next scan reads them again.
with
failed as (
    select container_id
    from finding
    where code in ('unreadable', 'reader-crashed')
)

select container_id, path, path_bytes, fingerprint, if(container_id in (from failed), 'failed', status) as status
from container
where source = $source
