-- How many real images each split still needs in addition to paired ones and to the complement that is assigned already.
select
    n.split,
    greatest(n.reals - coalesce(p.reals, 0) - coalesce(c.reals, 0), 0) as reals,
    greatest(n.spares - coalesce(p.spares, 0) - coalesce(c.spares, 0), 0) as spares,
    n.reals as wanted
from work.need n
left join (
    select split, count(*) filter (not is_spare) as reals, count(*) filter (is_spare) as spares from work.paired group by split
) p using (split)
left join (
    select s.split, count(*) filter (not q.is_spare) as reals, count(*) filter (q.is_spare) as spares
    from work.chosen q
    join work.image_group c using (file_id)
    join work.group_split s on s.group_id = c.group_id
    group by s.split
) c using (split)
order by n.split
