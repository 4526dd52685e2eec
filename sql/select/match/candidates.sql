-- Inspected real images that may be matched. `split` is that of their group, if it holds a fake, or of the image in the
-- extended selection; an image with two of them is left out. Groups of several real images without a fake are left out:
-- their images might be matched in different splits. Copies count as one image.
with picture as (
    select p.*, a.file_id, i.width, i.height, i.status, if($copies, i.hash, p.member_id::varchar) as picture
    from work.match_pool p
    join attributes a using (member_id)
    join inspection i using (member_id)
    where a.label = 0
      and i.outdated is not true
),
earlier as (
    select p.picture, min(e.split) as split, max(e.split) as other
    from picture p
    join work.earlier e using (file_id)
    group by p.picture
),
several as (
    select g.group_id
    from work.match_pool m
    join attributes a using (member_id)
    join work.image_group g using (file_id)
    left join picture p using (member_id)
    group by g.group_id
    having count(distinct coalesce(p.picture, m.member_id::varchar)) > 1
)
select p.member_id, p.file_id, p.origin, p.rank_key, coalesce(s.split, e.split) as split
from picture p
left join work.image_group g using (file_id)
left join work.group_split s on s.group_id = g.group_id
left join earlier e using (picture)
left join work.origin_order o on o.origin = p.origin
where p.status = 'ok'
  and least(p.width, p.height) >= $min_side
  and p.width::bigint * p.height <= $max_pixels
  and (s.split is not null or g.group_id not in (from several))
  and (e.split is null or e.split = e.other and e.split = coalesce(s.split, e.split))
qualify row_number() over (partition by p.picture order by o.rank nulls last, p.origin, p.file_id) = 1
