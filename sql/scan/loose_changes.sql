-- The number of loose files that were added, removed or changed since the last scan. `loose`: the files found.
with recorded as (
    select path, name_bytes, size, mtime_ns from member where container_id = $container_id
)
select count(*)
from (
    (from loose except from recorded)
    union all
    (from recorded except from loose)
)
