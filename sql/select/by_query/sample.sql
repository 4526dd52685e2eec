-- The sample: the first usable images in the order of a hash. Without $sample all of them.
with returned as (
    select file_id, min(role) as role
    from work.returned
    group by file_id
)
select f.*, coalesce(r.role, $role) as role, md5($seed || f.file_id) as rank_key
from work.found f
join returned r using (file_id)
order by rank_key, f.file_id
limit $sample
