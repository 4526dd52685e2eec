-- Candidates that have the bytes of a reached one, or may have them: equal inspected bytes, or equal size without a
-- different checksum. Sizes alone are compared if at most 16 candidates have one, or if there are at most 2,000 candidates.
with reached as (
    select m.size, m.crc32, i.hash
    from work.reached
    join member m using (member_id)
    left join inspection i using (member_id)
),
reached_size as (
    select size, list(distinct crc32) as checksums, bool_or(crc32 is null) as has_unchecked
    from reached
    where size is not null
    group by size
),
competing as (
    select
        a.member_id,
        a.file_id,
        a.origin as own_origin,
        coalesce(s.section, a.origin) as origin,
        if($of_fakes, a.stratum, '') as generator
    from candidate a
    left join work.section s using (file_id)
    where if($of_fakes, a.label = 1 or $every_label, a.label = 0 and a.file_id not in (from work.photograph))
),
sized as (
    select
        c.*,
        i.hash in (select hash from reached where hash is not null) as has_same_hash,
        coalesce(list_contains(r.checksums, m.crc32), false) as has_same_checksum,
        r.size is not null and (m.crc32 is null or r.has_unchecked) as is_unchecked,
        count(*) over (partition by m.size) as images
    from competing c
    join work.stratum using (generator, origin)
    join work.quota using (generator)
    join member m using (member_id)
    left join inspection i using (member_id)
    left join reached_size r using (size)
    where r.size is not null or i.hash in (select hash from reached where hash is not null)
)
select member_id, file_id, generator, origin, own_origin, md5($seed || file_id) as rank_key
from sized
where has_same_hash
   or has_same_checksum
   or (is_unchecked and (images <= 16 or (select sum(candidates) from work.stratum) <= 2000))
