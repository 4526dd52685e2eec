-- Pairs of different values of 64 bits, at most $radius bits apart, of which one at least is new.
-- The bits are cut into radius + 2 bands. At most $radius bits differ, so two bands at least are equal, and the pair
-- meets in the bucket of these two bands. Such buckets are small, as each value is in them once: all pairs within one
-- are compared. $bands has the pairs of bands of this run, a pair as 64 * first + second: the buckets of all of them may
-- not fit in memory.
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
        v.bits,
        v.has_new,
        one.b * 64 + other.b as bands,
        ((v.bits >> one.low) & one.mask) * 4294967296 + ((v.bits >> other.low) & other.mask) as band_bits
    from work.near_bits v
    cross join band one
    join band other on one.b < other.b and list_contains($bands, one.b * 64 + other.b)
)
select least(a.bits, b.bits) as one, greatest(a.bits, b.bits) as other
from bucket a
join bucket b using (bands, band_bits)
where a.has_new
  and a.bits <> b.bits
  and (a.bits < b.bits or not b.has_new)
  and bit_count(xor(a.bits, b.bits)) <= $radius
