-- The containers of a source as the last scan left them; those whose disk or reader failed count as failed, since
-- another try may do better.
with
again as (
    select container_id
    from finding
    where code in ('unreadable', 'reader-died')
)

select container_id, path, path_bytes, fingerprint, if(container_id in (from again), 'failed', status) as status
from container
where source = $source
