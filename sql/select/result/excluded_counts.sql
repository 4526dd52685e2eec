-- Rows left out, by step and kind of reason: equals are told apart in selection_excluded alone.
select step, regexp_replace(reason, '^(same bytes as|near duplicate of) .*$', '\1 another') as kind, count(*) as images
from selection_excluded
where name = $name
group by step, kind
order by step, kind
