-- The images with the file_ids $file_ids, in this order.
with listed as (
    select
        unnest($file_ids) as file_id,
        generate_subscripts($file_ids, 1) as position
)

select s.*
from listed l
join shown s using (file_id)
order by l.position, s.member_id
