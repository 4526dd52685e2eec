-- A lot of the rows of selection $name as they travel: portable columns only, in canonical order (split, position).
-- Spares that cannot be used stay behind. Of the manifest just what the lot needs is taken out before it is joined.
with lot as materialized (
    select *
    from selection
    where name = $name and split = $split and position between $first and $last
),

told as (
    select * from manifest where file_id in (select file_id from lot)
)

select
    s.split,
    s.position,
    s.role,
    s.stratum,
    s.substituted_for,
    m.file_id,
    m.source,
    m.origin,
    m.generator,
    m.label,
    m.description,
    m.positive_prompt,
    m.negative_prompt,
    m.conditioning,
    m.paired_real_images,
    m.size,
    m.hash,
    m.pixel_hash,
    m.width,
    m.height,
    m.format,
    m.mode
from lot s
join told m using (file_id)
where s.role <> 'spare' or (m.status = 'ok' and m.hash is not null)
order by s.split, s.position
