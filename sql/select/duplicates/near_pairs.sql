-- Pairs of items with near or equal perceptual hashes that are not kin, or of which one is excluded. The second is dropped
-- if the first is kept. Fixed rows come first, and are always kept.
with item as (
    from work.look
    where preference = item
),
pair as (
    select a.preference as one, b.preference as other
    from work.near n
    join item a on a.phash = n.one
    join item b on b.phash = n.other
    where (a.label = b.label and a.kin <> b.kin and (a.is_core or b.is_core)) or a.is_excluded or b.is_excluded
    union
    select min(a.preference) over (partition by a.phash, a.label) as one, a.preference as other
    from item a
    qualify not a.is_core
    union
    select a.preference as one, b.preference as other
    from item a
    join item b on b.phash = a.phash
    where b.is_excluded and not a.is_excluded
)
select least(one, other) as first, greatest(one, other) as second
from pair
where greatest(one, other) > (select count(*) from work.checked where is_fixed)
