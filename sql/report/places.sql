-- The split and label of every image that is like another.
select row_id, split, label
from report_row
where row_id in (select first from report_alike union all select second from report_alike)
