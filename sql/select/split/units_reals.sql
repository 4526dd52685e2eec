-- The groups of the complement that hold no fake, with their images by origin. Spares count only in groups of nothing else.
with counted as (
    select c.group_id, q.origin as stratum, q.is_spare, count(*) as images
    from work.chosen q
    join work.image_group c using (file_id)
    anti join work.group_split s on s.group_id = c.group_id
    group by all
)
select group_id, '' as parent, stratum, images
from counted
qualify bool_and(is_spare) over (partition by group_id) = $of_spares
    and is_spare = $of_spares
