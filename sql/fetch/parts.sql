-- The folders of a download.
select distinct part
from item
order by part
