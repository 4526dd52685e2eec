-- The rows of a dataset in its own order, numbered: what the shards say. `file` counts the dataset's files.
select
    row_number() over (order by f.file, s.place) - 1 as row_id,
    f.file,
    s.*
from built_shard s
join built_file f using (split, shard)
