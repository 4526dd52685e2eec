-- Images that match no rule, whose identity is missing in a map or table, or whose file_id another file has: they have
-- no row. Images with a row whose text is missing: code missing_text.
select member_id, source, code, detail
from derived
where code is not null
union all by name
select d.member_id, d.source, c.code, c.detail
from derived d
join duplicate_id c using (member_id, file_id)
union all by name
select member_id, source, 'missing_text' as code, gap as detail
from derived
where code is null and gap is not null and member_id not in (select member_id from duplicate_id)
