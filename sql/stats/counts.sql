-- The number of images per split, origin, generator and label: all other statistics are sums of it.
-- `bytes` is null if the size of one image is unknown, like that of Parquet cells before they are read.
-- With $name it counts a selection and its splits, else the whole manifest (split is then empty).
with chosen as (
    select file_id, split
    from selection
    where name = $name and role <> 'spare'
)
select
    coalesce(c.split, '') as split,
    a.origin,
    a.generator,
    a.label,
    count(*) as images,
    count(*) filter (a.status <> 'ok' or coalesce(i.status, 'ok') <> 'ok') as unusable,
    if(bool_and(coalesce(i.byte_size, m.size) is not null), sum(coalesce(i.byte_size, m.size)), null)::bigint as bytes
from attributes a
join member m using (member_id)
left join inspection i using (member_id)
left join chosen c on c.file_id = a.file_id and a.status = 'ok'
where $name is null or c.file_id is not null
group by all
order by all
