-- Ids that a query returned and that have no usable image: their number, and an example.
select count(*) as images, min(file_id) as example
from (
    select distinct q.file_id
    from work.returned q
    anti join (from attributes where status = 'ok') a using (file_id)
)
