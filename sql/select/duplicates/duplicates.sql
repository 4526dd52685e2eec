-- Each row that equals another which comes before it, and that other: first by bytes, then by equal perceptual hash,
-- then by near ones. A chain ends at a row that is kept.
with eligible as (
    select j.*, coalesce(e.keeper, j.preference) as by_bytes
    from work.judged j
    left join work.exact e using (preference)
    where j.refusal is null
),
by_picture as (
    select e.*, coalesce(f.preference, e.by_bytes) as by_picture
    from eligible e
    left join work.fingerprint f using (phash)
),
final as (
    select b.*, coalesce(n.keeper, b.by_picture) as keeper
    from by_picture b
    left join work.near_dropped n on n.preference = b.by_picture
)
select f.member_id, k.member_id as keeper_id, case when f.hash = k.hash then 'same bytes as' else 'near duplicate of' end as kind
from final f
join work.judged k on k.preference = f.keeper
where f.keeper <> f.preference
  and not f.settled
