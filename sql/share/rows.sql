-- One lot of the rows of selection $name in an export: portable columns only, in order of (split, position). Unusable
-- spares are left out. The rows of the lot are selected from each table first, so that joins are as small as the lot.
with lot as materialized (
    select *
    from selection
    where name = $name and split = $split and position between $first and $last
),

claimed as materialized (
    select * from attributes where file_id in (select file_id from lot)
),

located as (
    select member_id, size from member where member_id in (select member_id from claimed)
),

inspected as (
    select * from inspection where member_id in (select member_id from claimed)
)

select
    s.split,
    s.position,
    s.role,
    s.stratum,
    s.substituted_for,
    a.file_id,
    a.source,
    a.origin,
    a.generator,
    a.label,
    a.description,
    a.positive_prompt,
    a.negative_prompt,
    a.conditioning,
    a.paired_real_images,
    coalesce(i.byte_size, m.size) as size,
    i.hash,
    i.pixel_hash,
    i.width,
    i.height,
    i.format,
    i.mode
from lot s
join claimed a using (file_id)
join located m using (member_id)
left join inspected i using (member_id)
where s.role <> 'spare' or (a.status = 'ok' and i.status = 'ok' and i.hash is not null)
order by s.split, s.position
