-- Pairs of an image and a value that groups it. Missing values, empty ones and empty lists group nothing.
with grouped as (
    select file_id, unnest(groups) as value, generate_subscripts(groups, 1) as expression
    from work.returned
)
-- No file_id has the character 0.
select distinct file_id as one, chr(0) || expression || ' ' || value as other
from grouped
where value not in ('', '[]', '{}')
