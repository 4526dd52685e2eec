-- Pairs of perceptual hashes at most $radius bits apart.
-- Cut the 64 bits into radius + 2 bands: bits that differ in at most $radius places leave two bands untouched, so a pair
-- meets in the bucket of some two bands. Buckets of two bands are so small that comparing all within them costs little.
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
        f.preference,
        f.phash,
        one.b * 16 + other.b as bands,
        ((f.phash >> one.low) & one.mask) * 4294967296 + ((f.phash >> other.low) & other.mask) as bits
    from work.fingerprint f
    cross join band one
    join band other on one.b < other.b
)
select distinct a.preference as first, b.preference as second
from bucket a
join bucket b using (bands, bits)
where a.preference < b.preference
  and bit_count(xor(a.phash, b.phash)) <= $radius
