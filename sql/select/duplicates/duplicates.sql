-- Each row that duplicates an earlier one, and that earlier row: first by bytes, then by equal perceptual hash, then by
-- near hashes. The earlier row is always one that is kept.
with eligible as (
    select j.*, coalesce(e.keeper, j.preference) as by_bytes
    from work.checked j
    left join work.exact e using (preference)
    where j.refusal is null
),
by_picture as (
    select e.*, coalesce(f.preference, e.by_bytes) as by_picture
    from eligible e
    left join work.phash_first f using (phash)
),
final as (
    select b.*, coalesce(n.keeper, b.by_picture) as keeper
    from by_picture b
    left join work.near_dropped n on n.preference = b.by_picture
)
select f.member_id, k.member_id as keeper_id, case when f.hash = k.hash then 'same bytes as' else 'near duplicate of' end as kind
from final f
join work.checked k on k.preference = f.keeper
where f.keeper <> f.preference
  and not f.is_fixed
