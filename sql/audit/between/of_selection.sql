-- The images of selection $name without spares, each with its split.
select s.split as part, a.member_id, a.file_id, i.hash, i.pixel_hash,
    look(i.phash, i.phash_256) as phash, coalesce(i.status, 'none') as status
from selection s
join attributes a on a.file_id = s.file_id and a.status = 'ok'
left join (from inspection where outdated is not true) i using (member_id)
where s.name = $name and s.role <> 'spare'
