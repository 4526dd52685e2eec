-- Images that the query returned for several splits or roles.
select
    file_id,
    list(distinct coalesce(split, '') order by coalesce(split, '')) as splits,
    list(distinct coalesce(role, '') order by coalesce(role, '')) as roles
from work.returned
group by file_id
having count(distinct coalesce(split, '')) > 1 or count(distinct coalesce(role, '')) > 1
order by file_id
limit 1
