-- Images to audit: those of selection $name without its spares, or all inspected images if $name is null.
with chosen as (
    select file_id, split
    from selection
    where name = $name and role <> 'spare'
    union all
    select file_id, '' as split
    from attributes
    where $name is null
)
select
    c.split,
    a.file_id,
    a.label,
    case when a.label = 0 then '' else a.generator end as generator,
    a.positive_prompt,
    a.paired_real_images,
    i.hash,
    i.phash,
    i.format,
    i.mode,
    i.width,
    i.height,
    i.jpeg_quality,
    i.has_exif,
    i.byte_size
from chosen c
join attributes a using (file_id)
join inspection i using (member_id)
where a.status = 'ok'
  and i.status = 'ok'
  and i.outdated is not true
