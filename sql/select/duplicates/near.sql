-- Pairs of perceptual hashes, as macro look() writes them, at most $radius of 64 bits apart, of which one at least is new.
-- If both have 256-bit hashes, these must be at most 8 * $radius bits apart (docs/images.md has the measurements).
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
look as (
    select
        phash,
        is_new,
        ('0x' || left(phash, 16))::ubigint as bits,
        list_transform(range(1, 5), lambda part: try_cast('0x' || nullif(substr(phash, 1 + 16 * part, 16), '') as ubigint)) as finer
    from work.phash
),
bucket as (
    select
        l.*,
        one.b * 16 + other.b as bands,
        ((l.bits >> one.low) & one.mask) * 4294967296 + ((l.bits >> other.low) & other.mask) as band_bits
    from look l
    cross join band one
    join band other on one.b < other.b
)
select distinct least(a.phash, b.phash) as one, greatest(a.phash, b.phash) as other
from bucket a
join bucket b using (bands, band_bits)
where b.is_new
  and (a.phash < b.phash or (a.phash > b.phash and not a.is_new))
  and bit_count(xor(a.bits, b.bits)) <= $radius
  and coalesce(
      bit_count(xor(a.finer[1], b.finer[1])) + bit_count(xor(a.finer[2], b.finer[2]))
          + bit_count(xor(a.finer[3], b.finer[3])) + bit_count(xor(a.finer[4], b.finer[4])),
      0
  ) <= 8 * $radius
