-- A number for every image, and for every value that groups images.
with image as (
    select file_id from work.sample
    union
    select one from work.edge
    union
    select other from work.edge
)
select file_id, row_number() over (order by file_id) as node
from image
