-- The number of rows of unknown size per source. Shards cannot be cut before their sizes are known.
select source, count(*) as images
from plan_row
where not is_spare
  and refusal is null
  and size is null
  and hash is null
group by source
order by source
