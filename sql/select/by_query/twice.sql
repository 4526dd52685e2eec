-- An image that the query returned for several splits or roles.
with repeated as (
    select file_id
    from work.returned
    group by file_id
    having min(coalesce(split, '')) < max(coalesce(split, '')) or min(coalesce(role, '')) < max(coalesce(role, ''))
    order by file_id
    limit 1
)
select
    file_id,
    list(distinct coalesce(split, '') order by coalesce(split, '')) as splits,
    list(distinct coalesce(role, '') order by coalesce(role, '')) as roles
from work.returned
semi join repeated using (file_id)
group by file_id
