-- Images that a selection left out, and selected images that cannot be used: by stage and reason.
select step as stage, reason, count(*) as images, min(file_id) as example
from selection_excluded
where name = $name
group by step, reason
union all
select 'unusable: ' || status, coalesce(reason, ''), count(*), min(file_id)
from report_row
where status <> 'ok'
group by status, reason
order by images desc, stage, reason
