-- A number for every image of a group. An image without an edge is a group of one.
with image as (
    select file_id from work.fake
    union
    select one from work.edge
    union
    select other from work.edge
)
select file_id, row_number() over (order by file_id) as node
from image
