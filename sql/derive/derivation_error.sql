-- Images that match no rule, whose value is missing in a map or table, or whose file_id another file has.
select member_id, source, code, detail
from derived
where code is not null
union all by name
select member_id, source, 'duplicate_id' as code, file_id || ' is ' || kept || ' already' as detail
from derived
join duplicate_id using (member_id, file_id)
