-- One page of images that match the filter, by file_id, after the last image of the previous page. Null parameters do
-- not filter. Only ids are sorted; the other columns are joined for the rows of this page.
with
chosen as (
    select file_id, split
    from selection
    where name = $selection and role <> 'spare' and ($split is null or split = $split)
),

found as (
    select a.file_id, a.member_id
    from attributes a
    join member m using (member_id)
    left join inspection i using (member_id)
    where ($label is null or a.label = $label)
      and ($generator is null or a.generator = $generator)
      and ($origin is null or a.origin = $origin)
      and ($source is null or a.source = $source)
      and ($status is null or if(a.status <> 'ok', a.status, coalesce(i.status, 'ok')) = $status)
      and ($selection is null or a.file_id in (select file_id from chosen))
      and ($text is null or contains(lower(concat_ws(
          ' ', a.file_id, m.path, m.name, a.positive_prompt, a.description
      )), $text))
      and ($after_id is null or (a.file_id, a.member_id) > ($after_id, $after_member))
    order by a.file_id, a.member_id
    limit $images
)

select
    m.* exclude (phash, phash_256, qtables_hash, name_bytes, "offset", packed_size, method, crc32, ordinal, container_id),
    format('{:016x}', m.phash) as phash,
    c.split,
    s.licence
from found f
join manifest m using (member_id)
left join chosen c on c.file_id = f.file_id
left join source_info s on s.source = m.source
order by f.file_id, f.member_id
