-- The rows of a selection with all columns of the manifest, in the order of the selection; without spares. $split null: of
-- all splits. A row whose image is not in the manifest has no member_id. `size` is that of the member, which a read checks.
select s.split, s.file_id, v.* exclude (file_id) replace (m.size as size), v.member as name
from selection s
left join manifest v using (file_id)
left join member m on m.member_id = v.member_id
where s.name = $name and ($split is null or s.split = $split) and s.role <> 'spare'
order by s.split, s.position, s.file_id
