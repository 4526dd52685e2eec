-- The images that match the variable `filter`, of which pages list them, count them and count their values. Nulls in it
-- do not filter.
select
    a.file_id,
    a.member_id
from attributes a
join member m using (member_id)
left join inspection i using (member_id)
where (getvariable('filter').label is null or a.label = getvariable('filter').label)
  and (getvariable('filter').generator is null or a.generator = getvariable('filter').generator)
  and (getvariable('filter').origin is null or a.origin = getvariable('filter').origin)
  and (getvariable('filter').source is null or a.source = getvariable('filter').source)
  and (
      getvariable('filter').status is null
      or if(a.status <> 'ok', a.status, coalesce(i.status, 'ok')) = getvariable('filter').status
  )
  and (getvariable('filter').selection is null or a.file_id in (select file_id from chosen))
  and (getvariable('filter').text is null or contains(lower(concat_ws(
      ' ', a.file_id, m.path, m.name, a.positive_prompt, a.description
  )), getvariable('filter').text))
