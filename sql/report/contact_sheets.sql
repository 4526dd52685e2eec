-- Images of the contact sheets: the first few of each generator, and of each origin of real images, in an order that
-- depends on seed and file_id alone. Members that need a sequential read of a solid archive come last: one thumbnail
-- costs a read of the archive.
select row_id
from report_row
where status = 'ok'
  and ($passes or access is distinct from 'sequential')
qualify row_number() over (
    partition by label, generator, if(label = 0, origin, '')
    order by access is not distinct from 'sequential', md5($seed || file_id), row_id
) <= $images
order by row_id
