-- The complement by origin, or its spares. Each image is a group.
select file_id as group_id, '' as parent, origin as stratum, 1 as images
from work.chosen
where is_spare = $of_spares
