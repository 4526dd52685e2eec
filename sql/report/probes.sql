-- Images whose headers are read: the first few of each group, in an order that depends on seed and file_id alone.
select file, place, row_id
from built_row
qualify row_number() over (
    partition by split, label, generator, origin order by md5($seed || file_id), row_id
) <= $probes
order by file, place
