-- The groups of the sample with their numbers of images. Groups of one size are ranked by a hash that does not depend
-- on the order in which the sample was drawn.
with sized as (
    select g.group_id, count(*) as images, min(s.file_id) as first_id
    from work.sample s
    join work.image_group g using (file_id)
    group by g.group_id
)
select
    group_id,
    images,
    first_id,
    row_number() over (partition by images order by md5('split' || $seed || first_id), first_id) as rank
from sized
