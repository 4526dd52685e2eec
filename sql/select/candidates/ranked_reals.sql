-- The candidates of each stratum of real images, by rank. Photographs of selected fakes are left out.
select
    a.member_id,
    '' as generator,
    a.origin,
    md5($seed || a.file_id) as rank_key,
    row_number() over (partition by a.origin order by md5($seed || a.file_id), a.file_id) as rank
from candidate a
join work.rank_bound r using (origin)
anti join work.photograph using (file_id)
where a.label = 0
  and md5($seed || a.file_id) < r.bound
