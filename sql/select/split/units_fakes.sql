-- The groups that hold fakes, with their images by generator and origin. Spares count only in groups that hold nothing else:
-- those are the groups with $of_spares.
with counted as (
    select c.group_id, f.generator as parent, f.generator || chr(31) || f.origin as stratum, f.is_spare, count(*) as images
    from work.image_group c
    join work.fake f using (file_id)
    group by all
)
select group_id, parent, stratum, images
from counted
qualify bool_and(is_spare) over (partition by group_id) = $of_spares
    and is_spare = $of_spares
