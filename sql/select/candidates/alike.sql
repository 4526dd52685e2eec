-- Candidates that may have the bytes of a reached one: equal size without a different checksum. Sizes alone are compared
-- if at most 16 candidates have one, or if there are at most 2,000 candidates. Inspected hashes are not compared here:
-- what was inspected earlier would change which copies count.
with reached as (
    select m.size, m.crc32
    from work.reached
    join member m using (member_id)
),
reached_size as (
    select size, bool_or(crc32 is null) as has_unchecked
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
    left join work.photograph p using (file_id)
    where if($of_fakes, a.label = 1 or $every_label, a.label = 0 and p.file_id is null)
),
-- Counted apart from the rows: a window over all images of one size would not fit in memory.
compared_size as (
    select m.size
    from competing c
    join work.stratum using (generator, origin)
    join work.quota using (generator)
    join member m using (member_id)
    semi join reached_size r on r.size = m.size
    group by m.size
    having count(*) <= 16 or (select sum(candidates) from work.stratum) <= 2000
)
select c.member_id, c.file_id, c.generator, c.origin, c.own_origin, md5($seed || c.file_id) as rank_key
from competing c
join work.stratum using (generator, origin)
join work.quota using (generator)
join member m using (member_id)
left join reached_size r on r.size = m.size
where (m.size, m.crc32) in (select (size, crc32) from reached where size is not null and crc32 is not null)
   or ((m.crc32 is null or r.has_unchecked) and m.size in (from compared_size))
