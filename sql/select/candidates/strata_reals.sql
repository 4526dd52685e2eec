-- Each origin's photographs that stand for themselves: nothing of them is tied to a fake that was taken.
select '' as generator, a.origin, count(*) as candidates, null::bigint as cap
from attributes a
anti join work.component using (file_id)
where $per_fake > 0
  and a.label = 0
  and a.status = 'ok'
  and ($photograph_origins is null or list_contains($photograph_origins, a.origin))
group by a.origin
