-- The photographs of the selected fakes, and of their dropped duplicates: file_ids, whether the manifest has them or not.
with counted as (
    select member_id from work.fake
    union all
    select d.member_id from work.fake_duplicate d join work.fake f on f.member_id = d.keeper_id
)
select distinct unnest(a.paired_real_images) as file_id
from counted
join attributes a using (member_id)
