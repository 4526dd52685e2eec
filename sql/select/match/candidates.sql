-- Inspected real images that may be matched. `split` is that of their group, if it holds a fake. Groups of several real
-- images without a fake are left out: their images might be matched in different splits.
with several as (
    select g.group_id
    from work.match_pool
    join attributes using (member_id)
    join work.image_group g using (file_id)
    group by g.group_id
    having count(*) > 1
)
select p.member_id, a.file_id, p.origin, p.rank_key, s.split
from work.match_pool p
join attributes a using (member_id)
join inspection i using (member_id)
left join work.image_group g using (file_id)
left join work.group_split s on s.group_id = g.group_id
where a.label = 0
  and i.status = 'ok'
  and i.outdated is not true
  and least(i.width, i.height) >= $min_side
  and i.width::bigint * i.height <= $max_pixels
  and (s.split is not null or g.group_id not in (from several))
