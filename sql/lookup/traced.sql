-- The images with the same bytes, the same pixels, or a perceptual hash that differs from $phash in at most $radius bits.
-- An image that was not inspected is a candidate if its size, and its checksum if it has one, are those of the file;
-- those with a checksum come first. There are at most $most matches, and at most $most candidates.
select
    case when hash = $hash then 'same bytes'
        when pixel_hash = $pixel_hash then 'same pixels'
        when phash is not null and bit_count(xor(phash, $phash)) <= $radius then 'near'
        else 'candidate' end as match,
    case when match = 'near' then cast(bit_count(xor(phash, $phash)) as integer) end as bits,
    file_id,
    source,
    path,
    member,
    origin,
    generator,
    label
from manifest
where hash = $hash
    or pixel_hash = $pixel_hash
    or bit_count(xor(phash, $phash)) <= $radius
    or (hash is null and size = $size and (crc32 is null or crc32 = $crc32))
qualify row_number() over (
    partition by match = 'candidate'
    order by match <> 'same bytes', match <> 'same pixels', bits, match = 'candidate' and crc32 is null, file_id
) <= $most
order by match = 'candidate', match <> 'same bytes', match <> 'same pixels', bits, file_id
