-- The containers of a source as the last scan left them; those whose disk or reader failed count as failed, since
-- another try may do better.
select
    container_id,
    path,
    path_bytes,
    fingerprint,
    if(container_id in (select container_id from finding where code in ('unreadable', 'reader-died')), 'failed', status)
        as status
from container
where source = $source
