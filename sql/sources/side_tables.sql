-- Those of the asked side tables that have rows.
with asked as (
    select unnest($sources) as source, unnest($tables) as table_name
)
select source, table_name
from asked
semi join side_row using (source, table_name)
