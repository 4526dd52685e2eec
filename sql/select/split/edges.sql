-- Pairs of images that must share a split: a fake and its real images, a row and its dropped duplicate, near
-- duplicates, and the real images of a fake that was dropped as the duplicate of a chosen one. Images that share a
-- value of `work.grouped` are paired with that value.
with equals as (
    select member_id, keeper_id from work.fake_duplicate
    union all
    select member_id, keeper_id from work.paired_duplicate
    union all
    select member_id, keeper_id from work.fake_near
    union all
    select member_id, keeper_id from work.paired_near
),
counted as (
    select member_id from work.fake
    union all
    select d.member_id from work.fake_duplicate d join work.fake f on f.member_id = d.keeper_id
)
select distinct a.file_id as one, unnest(a.paired_real_images) as other
from counted
join attributes a using (member_id)
union
select one.file_id as one, other.file_id as other
from equals e
join attributes one on one.member_id = e.member_id
join attributes other on other.member_id = e.keeper_id
union
select g.file_id as one, g.value as other
from work.grouped g
where g.value in (
    select value
    from work.grouped
    join attributes using (file_id)
    join counted using (member_id)
)
