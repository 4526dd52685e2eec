-- Ids that are listed for several splits.
select file_id, list(split order by split) as splits
from work.listed
group by file_id
having count(*) > 1
order by file_id
