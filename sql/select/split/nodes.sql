-- A number for every image of a group. The least number names a group. Photographs come first, then chosen fakes: so a
-- group keeps its name, and its hash, if it gets more fakes or duplicates.
with image as (
    select one as file_id from work.edge
    union
    select other as file_id from work.edge
    union
    select file_id from work.fake
)
select
    i.file_id,
    row_number() over (order by coalesce(a.label, 0), f.file_id is null, i.file_id) as node
from image i
left join attributes a on a.file_id = i.file_id and a.status = 'ok'
left join work.fake f on f.file_id = i.file_id
