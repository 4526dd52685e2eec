-- Pairs of images whose bytes are the same: each with the first of its kind.
select min(row_id) over (partition by hash) as first, row_id as second
from report_row
where hash is not null
qualify first < second
