-- Images of the manifest that cannot be used, and raw rows that match no rule of their declaration.
select source || ': ' || status as stage, coalesce(reason, '') as reason, count(*) as images, min(file_id) as example
from report_row
where status <> 'ok'
group by source, status, reason
union all
select source || ': ' || code, '', count(*), min(detail)
from derivation_error
group by source, code
order by images desc, stage, reason
