-- The values and bins of each matched column, of the images before and after matching.
with stage as (
    select member_id, label = 1 as is_fake, 'before' as stage from work.match_image where label is not null
    union all
    select member_id, true, 'after' from work.fake where not is_spare
    union all
    select member_id, false, 'after' from work.matched
)

select
    g.stage,
    g.is_fake,
    t.rank,
    v.trait,
    case when t.is_number then try_cast(v.value as double) end as number,
    k.bins[t.rank + 1] as bin
from stage g
join work.match_value v using (member_id)
join work.match_key k using (member_id)
join work.match_trait t using (trait)
