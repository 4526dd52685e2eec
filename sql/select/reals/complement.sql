-- The complement: as many unpaired real images as each split needs. The others become spares, and what is too much is left.
with missing as (
    select
        n.split,
        greatest(n.reals - count(p.member_id) filter (not p.is_spare), 0) as reals,
        greatest(n.spares - count(p.member_id) filter (p.is_spare), 0) as spares
    from work.need n
    left join work.paired p using (split)
    group by n.split, n.reals, n.spares
),
ranked as (
    select q.*, s.split, row_number() over (partition by s.split order by q.is_spare, q.rank_key, q.file_id) as rank
    from work.chosen q
    join work.image_group c using (file_id)
    join work.group_split s on s.group_id = c.group_id
)
select r.member_id, r.file_id, r.origin, r.rank_key, r.split, r.rank > m.reals as is_spare
from ranked r
join missing m using (split)
where r.rank <= m.reals + m.spares
