-- Each row that duplicates an earlier one, and that earlier row: first by its picture, then by near perceptual hashes. The
-- earlier row is always one that is kept.
with eligible as (
    select j.*, coalesce(e.keeper, j.preference) as by_picture
    from work.checked j
    left join work.exact e using (preference)
    where j.refusal is null
),
final as (
    select e.*, coalesce(n.keeper, e.by_picture) as keeper
    from eligible e
    left join work.look l on l.preference = e.by_picture
    left join work.near_dropped n on n.preference = l.item
)
select
    f.member_id,
    k.member_id as keeper_id,
    case
        when f.hash = k.hash then 'same bytes as'
        when f.picture = k.picture then 'same pixels as'
        else 'near duplicate of'
    end as kind
from final f
join work.checked k on k.preference = f.keeper
where f.keeper <> f.preference
  and not f.is_fixed
