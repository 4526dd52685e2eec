-- The most frequent values of a text column among the images that match the filter; '' if it is empty or not known.
with valued as (
    select
        case $column
            when 'label' then if(m.label = 1, 'fake', 'real')
            when 'generator' then m.generator
            when 'origin' then m.origin
            when 'source' then m.source
            when 'status' then m.status
            when 'format' then m.format
            when 'mode' then m.mode
            when 'encoder' then m.encoder
            when 'software' then m.software
            when 'camera_make' then m.camera_make
        end as value
    from matching
    join manifest m using (member_id)
)

select coalesce(value, '') as value, count(*) as images
from valued
group by coalesce(value, '')
order by images desc, value
limit $bars
