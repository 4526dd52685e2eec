-- How many rows of the imported manifest are found, missing, different or unusable here, by origin; spares apart.
select
    origin,
    role = 'spare' as is_spare,
    outcome,
    count(*) as images,
    min(file_id) as example
from matched
group by all
order by origin, is_spare, outcome
