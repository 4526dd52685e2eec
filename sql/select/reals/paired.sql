-- Paired real images in the split of their fakes, as many as are needed there, of each origin equally many if there are
-- enough. The others, and those paired only with spares, become spares.
with placed as (
    select
        k.member_id,
        a.file_id,
        k.origin,
        k.rank_key,
        s.split,
        o.file_id is null as only_of_spares,
        row_number() over (partition by s.split, k.origin order by o.file_id is null, k.rank_key) as number
    from work.paired_kept k
    join attributes a using (member_id)
    join work.image_group c using (file_id)
    join work.group_split s on s.group_id = c.group_id
    left join work.photograph_of_chosen o using (file_id)
),
ranked as (
    select *, row_number() over (partition by split order by only_of_spares, number, rank_key) as rank
    from placed
),
marked as (
    select q.*, n.spares, q.only_of_spares or q.rank > n.reals as is_spare
    from ranked q
    join work.need n using (split)
)
select member_id, file_id, '' as generator, origin, rank_key, split, is_spare
from marked
qualify not is_spare or row_number() over (partition by split, is_spare order by rank) <= spares
