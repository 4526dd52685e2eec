-- One file_id that is in several rows of an export. hash() only preselects, to save memory.
with suspect as (
    select hash(file_id) as h from shared group by h having count(*) > 1
)
select file_id, count(*) as times
from shared
where hash(file_id) in (select h from suspect)
group by file_id
having count(*) > 1
order by file_id
limit 1
