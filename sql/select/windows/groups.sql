-- The groups of a recipe with windows. A group with fakes of both splits is divided: its fakes are in the split of their
-- generator, everything else is past.
with fake as (
    select g.file_id, g.group_id, w.split
    from work.image_group g
    join work.fake f using (file_id)
    join attributes a using (member_id)
    join work.window w on w.generator = a.generator
),

of_group as (
    select group_id, max(split) as split  -- past, if it has any
    from fake
    group by group_id
)

select g.file_id, coalesce(f.split, o.split, '') || chr(31) || g.group_id as group_id
from work.image_group g
left join fake f using (file_id)
left join of_group o on o.group_id = g.group_id
