-- The images of source $name, each with its origin.
select a.origin as part, a.member_id, a.file_id, i.hash, i.pixel_hash,
    look(i.phash, i.phash_256) as phash, coalesce(i.status, 'none') as status
from attributes a
left join (from inspection where outdated is not true) i using (member_id)
where a.source = $name and a.status = 'ok'
