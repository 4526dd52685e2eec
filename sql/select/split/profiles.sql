-- The profile of each group: how many images of which stratum it holds. Groups of one profile are ranked by their hashes,
-- which depend on nothing else, so a group keeps its rank among those that another selection has as well. Groups with a
-- fixed split have none.
with summed as (
    select group_id, stratum, sum(images)::bigint as images
    from work.unit
    anti join work.fixed_split using (group_id)
    group by group_id, stratum
),
signed as (
    select
        group_id,
        md5('split' || $seed || group_id) as key,
        list(stratum order by stratum) as strata,
        list(images order by stratum) as images
    from summed
    group by group_id
)
select
    group_id,
    key,
    strata,
    images,
    row_number() over (partition by strata, images order by key, group_id) as rank,
    dense_rank() over (order by strata, images) - 1 as profile
from signed
