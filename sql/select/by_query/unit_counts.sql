-- Number of images and of groups in the sample, the size of the largest group, and an image of it.
with sized as (
    select group_id, count(*) as images, min(s.file_id) as first_id
    from work.sample s
    join work.image_group using (file_id)
    group by group_id
)
select
    sum(images)::bigint as images,
    count(*) as groups,
    max(images) as largest,
    min(first_id) filter (images = (select max(images) from sized)) as example
from sized
