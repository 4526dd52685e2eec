-- The table of all rows, in the order of the report.
select
    row_id,
    group_id,
    file_id,
    source,
    path,
    coalesce(member, '') as member,
    size,
    width,
    height,
    coalesce(format, '') as format,
    jpeg_quality,
    status,
    left(if(positive_prompt <> '', positive_prompt, description), 120) as text
from report_row
join report_group using (split, label, generator, origin)
order by row_id
limit $rows
