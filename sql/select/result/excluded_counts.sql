-- Excluded rows by step and kind of reason. The table selection_excluded names the duplicate of each row.
select step, regexp_replace(reason, '^(same bytes as|same pixels as|near duplicate of) .*$', '\1 another') as kind, count(*) as images
from selection_excluded
where name = $name
group by step, kind
order by step, kind
