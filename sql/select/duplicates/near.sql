-- Pairs of perceptual hashes of which one at least is new, at most $radius of 64 bits apart (work.near_value).
-- If both have 256-bit hashes, these must be at most 8 * $radius bits apart (docs/images.md has the measurements).
with near_value as (
    select distinct one, other from work.near_value
    union all
    select bits, bits from work.near_bits where has_new and is_shared
),
look as (
    select phash, is_new, ('0x' || left(phash, 16))::ubigint as bits
    from work.phash
),
-- The order of texts is that of their first 64 bits. Macro finer_bits() takes half as much time again as the sum below.
pair as (
    select a.phash as one, b.phash as other
    from near_value v
    join look a on a.bits = v.one
    join look b on b.bits = v.other
    where a.phash < b.phash
      and (a.is_new or b.is_new)
)
select one, other
from pair
where coalesce(
    list_sum([
        bit_count(xor(
            try_cast('0x' || nullif(substr(one, first, 16), '') as ubigint),
            try_cast('0x' || nullif(substr(other, first, 16), '') as ubigint)
        ))
        for first in [17, 33, 49, 65]
    ]),
    0
) <= 8 * $radius
