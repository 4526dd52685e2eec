-- How well one trait predicts the class: each value predicts the class in which it is most frequent in the other folds. A
-- value that no other fold has counts as guessed.
-- Balanced accuracy is the mean recall over classes; chance is 1 / classes. It is rounded because the last digits of a
-- mean depend on the order in which threads add.
with total as (
    select target, trait, class, fold, sum(images) as images
    from work.trait
    group by target, trait, class, fold
),
size as (
    select t.target, t.trait, t.class, held.fold, sum(t.images) filter (t.fold <> held.fold) as images
    from total t
    cross join (select distinct fold from total) held
    group by t.target, t.trait, t.class, held.fold
),
value_frequency as (
    select t.target, t.trait, t.class, t.value, s.fold, sum(t.images) filter (t.fold <> s.fold) / any_value(s.images) as frequency
    from work.trait t
    join size s using (target, trait, class)
    group by t.target, t.trait, t.class, t.value, s.fold
),
rule as (
    select target, trait, value, fold, arg_max(class, (frequency, class)) as predicted
    from value_frequency
    where frequency is not null
    group by target, trait, value, fold
),
chance as (
    select target, trait, 1 / count(distinct class) as chance
    from work.trait
    group by target, trait
),
recall as (
    select
        t.target,
        t.trait,
        t.class,
        sum(t.images * case when r.predicted is null then c.chance when r.predicted = t.class then 1 else 0 end)
            / sum(t.images) as recall
    from work.trait t
    join chance c using (target, trait)
    left join rule r using (target, trait, value, fold)
    group by t.target, t.trait, t.class
)
select target, trait, round(avg(recall), 12) as balanced_accuracy, 1 / count(*) as chance
from recall
group by target, trait
having count(*) > 1
order by target desc, balanced_accuracy desc, trait
