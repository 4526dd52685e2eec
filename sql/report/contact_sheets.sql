-- Images for the contact sheets: of each generator, or of each origin of photographs, the first few in an order
-- that depends on nothing but the seed and the file_id. Members that only a pass over a solid archive reaches
-- come last: one thumbnail would cost the whole archive.
select row_id
from report_row
where status = 'ok'
  and ($passes or access is distinct from 'sequential')
qualify row_number() over (
    partition by label, generator, if(label = 0, origin, '')
    order by access is not distinct from 'sequential', md5($seed || file_id), row_id
) <= $images
order by row_id
