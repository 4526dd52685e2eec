-- Loose files as raw rows, numbered in the order of their paths as bytes. `loose`: the files found.
select
    row_number() over (order by coalesce(name_bytes, encode(path))) - 1 as ordinal,
    path,
    null::varchar as name,
    name_bytes,
    size,
    size as packed_size,
    'stored' as method,
    null::uinteger as crc32,
    'file' as access,
    null::bigint as "offset",
    mtime_ns,
    null::varchar as problem
from loose
