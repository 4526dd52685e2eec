-- What must stand on one side of the split: a fake and its photographs, a row and what was dropped as its equal, images
-- that look alike, and the photographs of a fake that was dropped as the equal of one that stays.
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
