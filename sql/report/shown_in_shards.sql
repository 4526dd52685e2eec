-- The files and row numbers of the shown images in a built dataset.
select b.file, b.place, b.row_id
from report_shown
join built_row b using (row_id)
order by b.file, b.place
