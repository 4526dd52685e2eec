-- Real images that are paired with chosen fakes: all of them are inspected.
with paired as (
    select distinct unnest(a.paired_real_images) as file_id
    from work.fake f
    join attributes a using (member_id)
)
select a.member_id, '' as generator, a.origin, md5($seed || a.file_id) as rank_key
from candidate a
join paired using (file_id)
where $per_fake > 0
  and a.label = 0
  and ($real_origins is null or list_contains($real_origins, a.origin))
