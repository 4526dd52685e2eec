-- The further columns for which no row of the build has a value.
with row_value as (
    select unnest($columns::varchar[]) as name, unnest(further) as text
    from plan_row
    where not is_spare
)

select name
from row_value
group by name
having count(text) = 0
order by name
