-- Pairs of perceptual hashes that are near, or equal, if one of them is mirrored or turned.
with shown as (
    select phash as seen, original
    from work.turned
    union all
    select phash, phash
    from work.straight
),
pair as (
    select a.original as one, b.original as other
    from work.near_turned n
    join shown a on a.seen = n.one
    join shown b on b.seen = n.other
    union all
    select a.original, b.original
    from shown a
    join shown b on b.seen = a.seen
    where a.original < b.original
)
select distinct least(p.one, p.other) as one, greatest(p.one, p.other) as other
from pair p
anti join work.near n on n.one = least(p.one, p.other) and n.other = greatest(p.one, p.other)
where p.one <> p.other
