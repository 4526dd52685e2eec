-- The rows of a built dataset, numbered in the order of its files. `file` is the number of a file.
select
    row_number() over (order by f.file, s.place) - 1 as row_id,
    f.file,
    s.*
from built_shard s
join built_file f using (split, shard)
