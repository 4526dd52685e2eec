-- The candidates of each stratum in the order of md5 text, which is the same in every version of DuckDB.
select
    a.member_id,
    a.generator,
    a.origin,
    md5($seed || a.file_id) as rank_key,
    row_number() over (partition by a.generator, a.origin order by md5($seed || a.file_id), a.file_id) as place
from attributes a
join work.reach r using (generator, origin)
where a.label = 1
  and a.status = 'ok'
  and md5($seed || a.file_id) < r.bound
