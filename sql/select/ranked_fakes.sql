-- Fakes that may be chosen, each with its place in the queue of its stratum (a generator in an origin).
-- The queue is in the order of md5 text, which is the same in every version of DuckDB and on every machine.
select
    a.member_id,
    a.generator,
    a.origin,
    md5($seed || a.file_id) as rank_key,
    row_number() over (partition by a.generator, a.origin order by md5($seed || a.file_id), a.file_id) as place
from attributes a
join work.quota q using (generator)
left join work.cap c using (generator, origin)
where a.label = 1
  and a.status = 'ok'
  and coalesce(c.cap, $cap, 1) > 0
