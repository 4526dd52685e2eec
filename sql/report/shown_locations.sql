-- Locations of the images that the report shows: one row per image, container by container in reading order.
select
    r.row_id as key,
    l.*
from report_shown
join report_row r using (row_id)
join member_location l using (member_id)
order by l.source, l.container_path, l.container_id, l.ordinal
