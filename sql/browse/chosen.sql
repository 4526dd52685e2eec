-- The images with the file_ids $file_ids, in this order.
with chosen as (
    select
        unnest($file_ids) as file_id,
        generate_subscripts($file_ids, 1) as position
)

select
    m.* exclude (phash, phash_256, qtables_hash, name_bytes, "offset", packed_size, method, crc32, ordinal, container_id),
    format('{:016x}', m.phash) as phash,
    s.licence
from chosen c
join manifest m using (file_id)
left join source_info s on s.source = m.source
order by c.position, m.member_id
