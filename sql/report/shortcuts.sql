-- How well one trait alone tells fake from real: the balanced accuracy of the best guess by bin.
-- 0.5 is chance, 1 means that a detector needs to learn nothing but this trait.
with
shares as (
    select trait, bin, label, sum(t.images) / sum(sum(t.images)) over (partition by trait, label) as share
    from report_trait t
    join report_group using (group_id)
    group by trait, bin, label
),

sides as (
    select
        trait,
        bin,
        coalesce(sum(share) filter (where label = 0), 0) as real,
        coalesce(sum(share) filter (where label = 1), 0) as fake
    from shares
    group by trait, bin
)

select trait, sum(greatest(real, fake)) / 2 as accuracy
from sides
group by trait
having sum(real) > 0 and sum(fake) > 0
order by accuracy desc, trait
