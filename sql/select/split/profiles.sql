-- Components that are alike: how many images of which generator they hold. A component of spares alone counts for
-- nothing but itself. Alike components stand in a queue in which every origin comes in its proportion.
with counted as (
    select
        c.component,
        case when f.is_spare then 'spare ' else 'image ' end || f.generator as generator,
        not f.is_spare as is_chosen,
        count(*) as images,
        min(f.rank_key) as rank_key,
        min(f.origin) as origin
    from work.component c
    join work.fake f using (file_id)
    group by all
),
relevant as (
    select *
    from counted
    qualify is_chosen or not bool_or(is_chosen) over (partition by component)
),
signed as (
    select
        component,
        list(generator order by generator) as generators,
        list(images order by generator) as images,
        min(rank_key) as rank_key,
        min(origin) as origin
    from relevant
    group by component
),
placed as (
    select
        *,
        (row_number() over (partition by generators, images, origin order by rank_key) - 0.5)
            / count(*) over (partition by generators, images, origin) as fraction
    from signed
)
select
    component,
    generators,
    images,
    row_number() over (partition by generators, images order by fraction, origin, rank_key) as place,
    dense_rank() over (order by generators, images) as signature
from placed
