-- Photographs that stand for themselves: none of the fakes that were taken, nor of their duplicates, has to do with them.
select
    a.member_id,
    '' as generator,
    a.origin,
    md5($seed || a.file_id) as rank_key,
    row_number() over (partition by a.origin order by md5($seed || a.file_id), a.file_id) as place
from attributes a
anti join work.component using (file_id)
where $per_fake > 0
  and a.label = 0
  and a.status = 'ok'
  and ($photograph_origins is null or list_contains($photograph_origins, a.origin))
