-- The perceptual hashes of both sides, as sql/select/duplicates/near.sql reads them: pairs within A are not needed.
with side as (
    select phash, false as is_new from work.side_a
    union all
    select phash, true as is_new from work.side_b
)
select phash, bool_or(is_new) as is_new
from side
where phash is not null
group by phash
