-- The rows of a selection with the locations of their bytes, in the order of the selection; without spares. $split null:
-- of all splits. A row whose image is not in the manifest has no member_id.
select
    s.split,
    s.file_id,
    a.* exclude (file_id, status, reason),
    m.* exclude (member_id, mtime_ns, problem)
from selection s
left join attributes a using (file_id)
left join member m using (member_id)
where s.name = $name and ($split is null or s.split = $split) and s.role <> 'spare'
order by s.split, s.position, s.file_id
