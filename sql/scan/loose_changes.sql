-- How many loose files came, went or changed since the last scan.
with known as (
    select path, name_bytes, size, mtime_ns from member where container_id = $container_id
)
select count(*)
from (
    (select path, name_bytes, size, mtime_ns from loose except select * from known)
    union all
    (select * from known except select path, name_bytes, size, mtime_ns from loose)
)
