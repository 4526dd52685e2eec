-- Images that were not inspected and have the size of a row that is not found by its file_id or its sha256: `imported`
-- are the rows of an export. Each of them may be such a row under another file_id.
with sizes as (
    select distinct size
    from imported
    where file_id not in (select file_id from attributes where status = 'ok')
      and hash not in (select hash from inspection where hash is not null)
)
select a.file_id
from attributes a
join member m using (member_id)
join sizes using (size)
anti join inspection i using (member_id)
where a.status = 'ok'
