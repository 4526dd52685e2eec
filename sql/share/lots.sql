-- Selection $name in lots of $lot_rows rows that follow each other in canonical order, by their first and last position.
with dealt as (
    select split, position, (row_number() over (partition by split order by position) - 1) // $lot_rows as lot
    from selection
    where name = $name
)

select split, min(position) as first, max(position) as last
from dealt
group by split, lot
order by split, first
