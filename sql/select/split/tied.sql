-- Images whose relations decide groups: the selected ones, their dropped duplicates, and all photographs of selected fakes.
-- The first `turn` in a group names it. Photographs come first, so that a group keeps its name if it gets more fakes.
with selected as (
    select member_id, 2 as turn from work.fake
    union all
    select member_id, 3 from work.chosen
),
copy as (
    select member_id, keeper_id from work.fake_duplicate
    union all
    select member_id, keeper_id from work.paired_duplicate
    union all
    select member_id, keeper_id from work.duplicate
),
related as (
    select member_id, 1 as turn from work.photograph_pool
    union all
    from selected
    union all
    select c.member_id, 4
    from copy c
    semi join (select member_id from selected union all select member_id from work.photograph_pool) s
        on s.member_id = c.keeper_id
)
select a.member_id, a.file_id, min(r.turn) as turn
from related r
join attributes a using (member_id)
group by a.member_id, a.file_id
