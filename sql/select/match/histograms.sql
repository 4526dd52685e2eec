-- The number of fakes and real images in each bin of each matched column, before and after matching. Bins of numbers are in
-- ascending order, texts in name order.
with stage as (
    select member_id, label = 1 as is_fake, true as is_before from work.match_image
    union all
    select member_id, true, false from work.fake
    union all
    select member_id, false, false from work.matched
),

valued as (
    select
        g.is_fake,
        g.is_before,
        t.rank,
        v.trait,
        case when t.is_number then try_cast(v.value as double) end as number,
        k.bins[t.rank + 1] as bin
    from stage g
    join work.match_value v using (member_id)
    join work.match_key k using (member_id)
    join work.match_trait t using (trait)
)

select
    $name as name,
    trait,
    row_number() over (partition by trait order by min(number) nulls last, bin) as position,
    bin,
    count(*) filter (is_before and is_fake) as fakes_before,
    count(*) filter (is_before and not is_fake) as reals_before,
    count(*) filter (not is_before and is_fake) as fakes_after,
    count(*) filter (not is_before and not is_fake) as reals_after
from valued
group by rank, trait, bin
order by rank, position
