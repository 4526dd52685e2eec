-- The images that match the filter, of which pages count them and their values; conditions as in rows.
select a.member_id
from attributes a
join member m using (member_id)
left join inspection i using (member_id)
where ($label is null or a.label = $label)
  and ($generator is null or a.generator = $generator)
  and ($origin is null or a.origin = $origin)
  and ($source is null or a.source = $source)
  and ($status is null or if(a.status <> 'ok', a.status, coalesce(i.status, 'ok')) = $status)
  and (
      $selection is null
      or a.file_id in (
          select file_id
          from selection
          where name = $selection and role <> 'spare' and ($split is null or split = $split)
      )
  )
  and ($text is null or contains(lower(concat_ws(
      ' ', a.file_id, m.path, m.name, a.positive_prompt, a.description
  )), $text))
