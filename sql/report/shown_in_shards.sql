-- Where in the dataset's files the images lie that are shown.
select b.file, b.place, b.row_id
from report_shown
join built_row b using (row_id)
order by b.file, b.place
