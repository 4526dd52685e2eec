-- Rows that replace unusable rows.
select row_id, file_id, substituted_for, split, generator, origin
from report_row
where substituted_for is not null
order by row_id
