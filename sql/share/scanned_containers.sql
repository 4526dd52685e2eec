-- The containers of a scan, by their path without the revision that a hub cache adds to it.
select
    source,
    regexp_replace(path, '(?:^|/)snapshots/[0-9a-f]{40}/', '/') as path,
    size,
    listed,
    revision,
    published_hash
from container
order by all
