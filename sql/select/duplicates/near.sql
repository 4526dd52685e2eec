-- Pairs of perceptual hashes at most $radius bits apart, of which one at least is new.
-- The 64 bits are cut into radius + 2 bands. At most $radius bits differ, so two bands at least are equal, and the pair
-- meets in the bucket of these two bands. Such buckets are small: all pairs within one are compared.
with edge as (
    select b, b * 64 // ($radius + 2) as low, (b + 1) * 64 // ($radius + 2) as high
    from range($radius + 2) t(b)
),
band as (
    select b, low, (1::ubigint << (high - low)) - 1 as mask
    from edge
),
bucket as (
    select
        p.phash,
        p.is_new,
        one.b * 16 + other.b as bands,
        ((p.phash >> one.low) & one.mask) * 4294967296 + ((p.phash >> other.low) & other.mask) as bits
    from work.phash p
    cross join band one
    join band other on one.b < other.b
)
select distinct least(a.phash, b.phash) as one, greatest(a.phash, b.phash) as other
from bucket a
join bucket b using (bands, bits)
where b.is_new
  and (a.phash < b.phash or (a.phash > b.phash and not a.is_new))
  and bit_count(xor(a.phash, b.phash)) <= $radius
