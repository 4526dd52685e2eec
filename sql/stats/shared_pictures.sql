-- Pictures of each split of the selection that other selections have, by their splits: equal pixels, bytes or ids.
with picture as (
    select s.name, s.split, coalesce(i.pixel_hash, i.hash, s.file_id) as picture
    from selection s
    left join attributes a on a.file_id = s.file_id and a.status = 'ok'
    left join inspection i using (member_id)
    where s.role <> 'spare'
)
select p.split, o.name as selection, o.split as its_split, count(distinct p.picture) as pictures
from picture p
join picture o using (picture)
where p.name = $name and o.name <> $name
group by all
order by all
