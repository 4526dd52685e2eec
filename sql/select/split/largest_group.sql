-- The largest group of chosen images that were not found to be duplicates of each other, and the split with most room.
with sized as (
    select g.group_id, count(*) as images, min(f.file_id) as example
    from work.image_group g
    join work.fake f using (file_id)
    where not f.is_spare
    group by g.group_id
),
room as (
    select max_by(split, fraction) as split, ceil(max(fraction) * (select sum(images) from sized)) as images
    from work.fraction
)
select s.example, s.images, r.split, r.images::bigint as room
from sized s
join room r on s.images > r.images
order by s.images desc, s.example
limit 1
