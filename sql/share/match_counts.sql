-- Number of rows of the imported export by origin and outcome, spares apart.
select
    origin,
    role = 'spare' as is_spare,
    outcome,
    count(*) as images,
    min(file_id) as example
from matched
group by all
order by origin, is_spare, outcome
