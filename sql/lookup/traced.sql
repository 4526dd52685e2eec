-- The images with the same bytes, the same pixels, or near perceptual hashes. $looks has the hashes of the file: as it is,
-- and maybe mirrored and turned. Hashes are near if at most $radius of 64 bits differ, and at most 8 * $radius of 256 (as
-- in sql/select/duplicates/near.sql). An image that was not inspected is a candidate if its size, and its checksum if it
-- has one, are those of the file; those with a checksum come first. There are at most $most matches, and at most $most
-- candidates.
with shown as (
    select unnest($looks::struct(turned varchar, phash ubigint, phash_256 varchar)[], recursive := true)
),
near as (
    select m.member_id, min_by(s.turned, (d.bits, s.turned)) as turned, min(d.bits) as bits
    from inspection m
    cross join shown s
    cross join lateral (select cast(bit_count(xor(m.phash, s.phash)) as integer) as bits) d
    where d.bits <= $radius
      and coalesce(finer_bits(m.phash_256, s.phash_256), 0) <= 8 * $radius
    group by m.member_id
)
select
    case when hash = $hash then 'same bytes'
        when pixel_hash = $pixel_hash then 'same pixels'
        when n.bits is not null then 'near'
        else 'candidate' end as match,
    case when match = 'near' then n.bits end as bits,
    file_id,
    source,
    path,
    member,
    origin,
    generator,
    label,
    case when match = 'near' then nullif(n.turned, '') end as turned
from manifest
left join near n using (member_id)
where hash = $hash
    or pixel_hash = $pixel_hash
    or n.bits is not null
    or (hash is null and size = $size and (crc32 is null or crc32 = $crc32))
qualify row_number() over (
    partition by match = 'candidate'
    order by match <> 'same bytes', match <> 'same pixels', n.bits, match = 'candidate' and crc32 is null, file_id
) <= $most
order by match = 'candidate', match <> 'same bytes', match <> 'same pixels', n.bits, file_id
