-- The columns of the manifest among $words that an inspection fills, in name order.
select column_name
from (
    select column_name from duckdb_columns() where table_name = 'inspection'
    intersect
    select column_name from duckdb_columns() where table_name = 'manifest'
)
where column_name not in ('member_id', 'status', 'reason') and list_contains($words, column_name)
order by column_name
