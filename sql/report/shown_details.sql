-- All columns of the images that the report shows.
select * exclude (phash, phash_256, qtables_hash), format('{:016x}', phash) as phash
from report_row
join report_shown using (row_id)
order by row_id
