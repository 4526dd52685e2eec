-- The split and label of every image that is in a cluster.
select row_id, split, label
from report_row
where row_id in (select first from report_duplicate union all select second from report_duplicate)
