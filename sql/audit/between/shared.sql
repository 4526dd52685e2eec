-- Pictures of A and B that are the same, one row per pair of contents and parts, by the strongest kind that applies.
with a as (
    select part, hash, pixel_hash, phash, count(*) as images, min(file_id) as example
    from work.side_a
    where status = 'ok' and hash is not null
    group by all
),
b as (
    select part, hash, pixel_hash, phash, count(*) as images, min(file_id) as example
    from work.side_b
    where status = 'ok' and hash is not null
    group by all
),
near as (
    select one, other from work.near
    union all
    select other, one from work.near
    union all
    select phash, phash from work.phash
),
pair as (
    select 'bytes' as kind, a as a, b as b
    from a
    join b using (hash)
    union all
    select 'pixels', a, b
    from a
    join b using (pixel_hash)
    where a.hash <> b.hash
    union all
    select 'near', a, b
    from a
    join near n on n.one = a.phash
    join b on b.phash = n.other
    where a.hash <> b.hash and (a.pixel_hash = b.pixel_hash) is not true
)
select
    kind,
    a.part as part_a,
    b.part as part_b,
    a.images as images_a,
    b.images as images_b,
    a.example as image_a,
    b.example as image_b,
    a.hash as hash_a,
    b.hash as hash_b
from pair
order by kind, part_a, part_b, image_a, image_b
