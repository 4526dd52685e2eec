-- The bins of each image, in the order of the columns, and the score that orders images within a bin.
with valued as (
    select v.member_id, t.rank, v.trait, v.value, case when t.is_number then try_cast(v.value as double) end as number
    from work.match_value v
    join work.match_trait t using (trait)
),

binned as (
    select v.*, b.bin
    from valued v
    asof left join work.match_bin b on b.trait = v.trait and v.number >= b.low
),

scored as (
    select b.*, (b.number - s.middle) / s.spread as standardized
    from binned b
    left join work.match_scale s using (trait)
)

select
    member_id,
    list(coalesce(bin, value) order by rank) as bins,
    round(coalesce(list_sum(list(standardized order by rank)), 0), 9) as score
from scored
group by member_id
