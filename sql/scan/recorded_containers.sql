-- The containers as the last scan recorded them. Containers whose disk or reader failed count as failed,
-- so that the next scan reads them again.
with
failed as (
    select container_id
    from finding
    where code in ('unreadable', 'reader-crashed')
)

select source, path, path_bytes, container_id, fingerprint, if(container_id in (from failed), 'failed', status) as status
from container
