-- The given side tables that have rows.
with given as (
    select unnest($sources) as source, unnest($tables) as table_name
)
select source, table_name
from given
semi join side_row using (source, table_name)
