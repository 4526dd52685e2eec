-- Images whose columns are compared: the chosen fakes, their spares, and all real images that may be matched with them.
select f.member_id, f.generator, f.origin, f.rank_key
from work.fake f
union all
select a.member_id, '' as generator, a.origin, md5($seed || a.file_id) as rank_key
from candidate a
anti join work.exclusion using (member_id)
where a.label = 0
  and ($real_origins is null or list_contains($real_origins, a.origin))
