-- Each origin's photographs that stand for themselves, in the order of md5 text.
select
    a.member_id,
    '' as generator,
    a.origin,
    md5($seed || a.file_id) as rank_key,
    row_number() over (partition by a.origin order by md5($seed || a.file_id), a.file_id) as place
from attributes a
join work.reach r using (origin)
anti join work.component using (file_id)
where a.label = 0
  and a.status = 'ok'
  and md5($seed || a.file_id) < r.bound
