-- The files of selection $name of which the downloader recorded the revision or the hash, as sql/card/upstream.sql.
select
    c.source,
    regexp_replace(c.path, '(?:^|/)snapshots/[0-9a-f]{40}/', '/') as path,
    coalesce(c.revision, '') as revision,
    coalesce(c.published_hash, '') as published_hash
from container c
where c.container_id in (
        select m.container_id
        from selection s
        join manifest m using (file_id)
        where s.name = $name and s.role <> 'spare'
    )
  and (c.revision is not null or c.published_hash is not null)
order by all
