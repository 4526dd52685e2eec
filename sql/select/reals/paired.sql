-- Photographs of chosen fakes, on their fakes' side, as many as are needed there; those of spares and what is left over
-- are spares.
with of_chosen as (
    select distinct unnest(a.paired_real_images) as file_id
    from work.fake f
    join attributes a using (member_id)
    where not f.is_spare
),
sided as (
    select
        k.member_id,
        a.file_id,
        k.origin,
        k.rank_key,
        s.split,
        o.file_id is null as only_of_spares,
        (row_number() over (partition by s.split, k.origin order by o.file_id is null, k.rank_key) - 0.5)
            / count(*) over (partition by s.split, k.origin) as fraction
    from work.kept k
    join attributes a using (member_id)
    join work.component c using (file_id)
    join work.side s using (component)
    left join of_chosen o using (file_id)
),
queued as (
    select *, row_number() over (partition by split order by only_of_spares, fraction, origin, rank_key) as place
    from sided
),
told as (
    select q.*, n.spares, q.only_of_spares or q.place > n.photographs as is_spare
    from queued q
    join work.need n using (split)
)
select member_id, file_id, '' as generator, origin, rank_key, split, is_spare
from told
qualify not is_spare or row_number() over (partition by split, is_spare order by place) <= spares
