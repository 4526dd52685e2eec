-- The columns of the manifest among $words that an inspection fills, in name order, and the number of usable images that
-- were not inspected.
select
    list(column_name order by column_name) as columns,
    (select count(*) from manifest where status = 'ok' and hash is null) as images
from (
    select column_name from duckdb_columns() where table_name = 'inspection'
    intersect
    select column_name from duckdb_columns() where table_name = 'manifest'
)
where column_name not in ('status', 'reason') and list_contains($words, column_name)
