-- Pairs of perceptual hashes, as macro look() writes them, at most $radius of 64 bits apart, of which one at least is new.
-- If both have 256-bit hashes, these must be at most 8 * $radius bits apart (docs/images.md has the measurements).
-- The 64 bits are cut into radius + 2 bands. At most $radius bits differ, so two bands at least are equal, and the pair
-- meets in the bucket of these two bands. Such buckets are small, as each value of 64 bits is in them once: all pairs
-- within one are compared. Then the hashes of each pair of values are compared by 256 bits.
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
        try_cast('0x' || nullif(substr(phash, 17, 16), '') as ubigint) as finer_1,
        try_cast('0x' || nullif(substr(phash, 33, 16), '') as ubigint) as finer_2,
        try_cast('0x' || nullif(substr(phash, 49, 16), '') as ubigint) as finer_3,
        try_cast('0x' || nullif(substr(phash, 65, 16), '') as ubigint) as finer_4
    from work.phash
),
value as (
    select bits, bool_or(is_new) as has_new, count(*) > 1 as is_shared
    from look
    group by bits
),
bucket as (
    select
        v.*,
        one.b * 16 + other.b as bands,
        ((v.bits >> one.low) & one.mask) * 4294967296 + ((v.bits >> other.low) & other.mask) as band_bits
    from value v
    cross join band one
    join band other on one.b < other.b
),
near_value as (
    select distinct a.bits as one, b.bits as other
    from bucket a
    join bucket b using (bands, band_bits)
    where a.bits < b.bits
      and (a.has_new or b.has_new)
      and bit_count(xor(a.bits, b.bits)) <= $radius
    union all
    select bits, bits
    from value
    where has_new and is_shared
)
-- The order of texts is that of their first 64 bits.
select a.phash as one, b.phash as other
from near_value v
join look a on a.bits = v.one
join look b on b.bits = v.other
where a.phash < b.phash
  and (a.is_new or b.is_new)
  and coalesce(
      bit_count(xor(a.finer_1, b.finer_1)) + bit_count(xor(a.finer_2, b.finer_2))
          + bit_count(xor(a.finer_3, b.finer_3)) + bit_count(xor(a.finer_4, b.finer_4)),
      0
  ) <= 8 * $radius
