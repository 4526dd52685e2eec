-- The values that group images: the declared group_id, and the recipe's group_by. No file_id has the character 0.
with expression as (
    select file_id, unnest(groups) as value, generate_subscripts(groups, 1) as number
    from work.eligible
)
select file_id, chr(0) || group_id as value
from attributes
where status = 'ok' and group_id <> ''
union all
select file_id, chr(0) || number || chr(0) || value
from expression
where value not in ('', '[]', '{}')
