-- Number of rows of the imported selection $name, spares apart, whose image has another file_id here, and of those with
-- other bytes.
select
    count(*) filter (r.local_file_id <> r.file_id) as renamed,
    count(*) filter (r.matched_by = 'pixels') as by_pixels
from selection s
join shared_row r on r.name = s.name and r.split = s.split and r.local_file_id = s.file_id
where s.name = $name and s.role <> 'spare'
