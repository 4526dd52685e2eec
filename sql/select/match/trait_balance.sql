-- The columns with their bins and the differences between labels, before and after matching.
with difference as (
    select
        stage,
        trait,
        avg(number) filter (is_fake) - avg(number) filter (not is_fake) as means,
        sqrt((var_pop(number) filter (is_fake) + var_pop(number) filter (not is_fake)) / 2) as spread
    from work.staged_value
    group by all
),

share as (
    select
        stage,
        trait,
        bin,
        count(*) filter (is_fake) / sum(count(*) filter (is_fake)) over (partition by stage, trait) as fake,
        count(*) filter (not is_fake) / sum(count(*) filter (not is_fake)) over (partition by stage, trait) as real
    from work.staged_value
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
