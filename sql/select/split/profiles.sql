-- The profile of each group: how many images of which generator it holds. Spares count only in groups that
-- hold nothing else. Groups of equal profile are ranked so that every origin comes in its proportion.
with counted as (
    select
        c.group_id,
        case when f.is_spare then 'spare ' else 'image ' end || f.generator as generator,
        not f.is_spare as is_chosen,
        count(*) as images,
        min(f.rank_key) as rank_key,
        min(f.origin) as origin
    from work.image_group c
    join work.fake f using (file_id)
    group by all
),
relevant as (
    select *
    from counted
    qualify is_chosen or not bool_or(is_chosen) over (partition by group_id)
),
signed as (
    select
        group_id,
        list(generator order by generator) as generators,
        list(images order by generator) as images,
        min(rank_key) as rank_key,
        min(origin) as origin
    from relevant
    group by group_id
),
placed as (
    select
        *,
        (row_number() over (partition by generators, images, origin order by rank_key) - 0.5)
            / count(*) over (partition by generators, images, origin) as fraction
    from signed
)
select
    group_id,
    generators,
    images,
    row_number() over (partition by generators, images order by fraction, origin, rank_key) as rank,
    dense_rank() over (order by generators, images) as profile
from placed
