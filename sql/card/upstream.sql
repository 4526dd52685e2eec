-- The files of which the downloader recorded the revision or the hash, and that the build reads. Paths are without the
-- revision that a hub cache adds to them.
select
    c.source,
    regexp_replace(c.path, '(?:^|/)snapshots/[0-9a-f]{40}/', '/') as path,
    coalesce(c.revision, '') as revision,
    coalesce(c.published_hash, '') as published_hash
from container c
where c.container_id in (select container_id from plan_member where not is_spare)
  and (c.revision is not null or c.published_hash is not null)
order by all
