-- The number of usable images that were not inspected. It reads no other columns: there may be millions of images.
select count(*) as images
from attributes
anti join inspection using (member_id)
where attributes.status = 'ok'
