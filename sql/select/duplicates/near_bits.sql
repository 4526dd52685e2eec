-- The first 64 bits of perceptual hashes, as macro look() writes them, each once.
select ('0x' || left(phash, 16))::ubigint as bits, bool_or(is_new) as has_new, count(*) > 1 as is_shared
from work.phash
group by bits
