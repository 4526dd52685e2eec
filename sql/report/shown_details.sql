-- Everything that is known about the images that are shown.
select * exclude (phash, qtables_hash), format('{:016x}', phash) as phash
from report_row
join report_shown using (row_id)
order by row_id
