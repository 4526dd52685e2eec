-- The columns with their bins and the differences between labels, before and after matching.
with stage as (
    select member_id, label, 'before' as stage from work.match_image
    union all
    select member_id, 1, 'after' from work.fake
    union all
    select member_id, 0, 'after' from work.matched
),

valued as (
    select
        g.stage,
        g.label,
        v.trait,
        case when t.is_number then try_cast(v.value as double) end as number,
        k.bins[t.rank + 1] as bin
    from stage g
    join work.match_value v using (member_id)
    join work.match_key k using (member_id)
    join work.match_trait t using (trait)
),

difference as (
    select
        stage,
        trait,
        avg(number) filter (label = 1) - avg(number) filter (label = 0) as means,
        sqrt((var_pop(number) filter (label = 1) + var_pop(number) filter (label = 0)) / 2) as spread
    from valued
    group by all
),

share as (
    select
        stage,
        trait,
        bin,
        count(*) filter (label = 1) / sum(count(*) filter (label = 1)) over (partition by stage, trait) as fake,
        count(*) filter (label = 0) / sum(count(*) filter (label = 0)) over (partition by stage, trait) as real
    from valued
    group by stage, trait, bin
),

imbalance as (
    select stage, trait, sum(abs(fake - real)) / 2 as imbalance
    from share
    group by all
),

-- Rounded, because the last digits of a mean depend on the order in which threads add.
measured as (
    select
        trait,
        stage,
        round(case when means = 0 then 0 when spread > 0 then means / spread end, 6) as smd,
        round(imbalance, 6) as imbalance
    from imbalance
    left join difference using (stage, trait)
)

select
    $name as name,
    t.trait,
    t.bins,
    b.smd as smd_before,
    a.smd as smd_after,
    b.imbalance as imbalance_before,
    a.imbalance as imbalance_after
from work.match_trait t
left join measured b on b.trait = t.trait and b.stage = 'before'
left join measured a on a.trait = t.trait and a.stage = 'after'
order by t.rank
