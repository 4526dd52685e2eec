-- Rows by whose size shards would be cut, and whose size nobody knows yet, by source.
select source, count(*) as images
from plan_row
where not is_spare
  and refusal is null
  and size is null
  and hash is null
group by source
order by source
