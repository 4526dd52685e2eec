-- How well one trait alone tells fake from real: the balanced accuracy of the best guess by bin.
-- 0.5 is chance, 1 means that a detector needs to learn nothing but this trait.
-- Images are counted in whole numbers and divided once: sums of fractions differ with the order they are added in.
with
counted as (
    select trait, bin, label, sum(t.images)::hugeint as images
    from report_trait t
    join report_group using (group_id)
    group by trait, bin, label
),

total as (
    select
        trait,
        sum(images) filter (where label = 0)::hugeint as real,
        sum(images) filter (where label = 1)::hugeint as fake
    from counted
    group by trait
),

sides as (
    select
        trait,
        bin,
        coalesce(sum(images) filter (where label = 0), 0)::hugeint as real,
        coalesce(sum(images) filter (where label = 1), 0)::hugeint as fake
    from counted
    group by trait, bin
)

select trait, sum(greatest(s.real * t.fake, s.fake * t.real)) / (2 * any_value(t.real) * any_value(t.fake)) as accuracy
from sides s
join total t using (trait)
where t.real > 0 and t.fake > 0
group by trait
order by accuracy desc, trait
