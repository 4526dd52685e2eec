-- The rows of selection $name as they travel: portable columns only, in canonical order (split, position).
-- Spares that cannot be used stay behind.
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
from selection s
join manifest m using (file_id)
where s.name = $name
  and (s.role <> 'spare' or (m.status = 'ok' and m.hash is not null))
order by s.split, s.position
