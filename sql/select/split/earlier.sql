-- The splits of the images of selection $name, spares included.
select file_id, min(split) as split
from selection
where name = $name
group by file_id
