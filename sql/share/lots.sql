-- Selection $name in lots of $lot_rows consecutive rows, by their first and last position.
with numbered as (
    select split, position, (row_number() over (partition by split order by position) - 1) // $lot_rows as lot
    from selection
    where name = $name
)

select split, min(position) as first, max(position) as last
from numbered
group by split, lot
order by split, first
