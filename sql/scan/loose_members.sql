-- Loose files as raw rows. `numbered`: the files found, with their position in the order of their paths as bytes.
select
    number as ordinal,
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
    null::varchar as problem,
    number
from numbered
