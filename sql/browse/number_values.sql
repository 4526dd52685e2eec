-- A histogram of a number column over the images that match the filter: bins of equal width up to the 99th percentile; the
-- last one has all larger values, too. A bin without images has no bounds; bin null: the value is not known.
with valued as (
    select
        cast(case $column
            when 'width' then m.width
            when 'height' then m.height
            when 'size' then m.size
            when 'jpeg_quality' then m.jpeg_quality
        end as double) as number
    from matching
    join manifest m using (member_id)
),

bounds as (
    select min(number) as lowest, quantile_disc(number, 0.99) as highest from valued
),

binned as (
    select
        number,
        case
            when highest > lowest then least(floor((number - lowest) / (highest - lowest) * $bars), $bars - 1)
            when number is not null then 0
        end as bin
    from valued, bounds
)

select bin, min(number) as lowest, max(number) as highest, count(*) as images
from binned
group by bin
order by bin nulls last
