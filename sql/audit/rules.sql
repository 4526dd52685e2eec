-- How well one trait tells the classes: each of its values means the class in which it is most frequent, as seen in the
-- other folds. Balanced accuracy is the mean, over classes, of the part that is told right; chance is one by classes.
-- It is rounded, as a mean's last digits depend on the order in which threads add.
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
frequency as (
    select t.target, t.trait, t.class, t.value, s.fold, sum(t.images) filter (t.fold <> s.fold) / any_value(s.images) as part
    from work.trait t
    join size s using (target, trait, class)
    group by t.target, t.trait, t.class, t.value, s.fold
),
rule as (
    select target, trait, value, fold, arg_max(class, (part, class)) as meant
    from frequency
    where part is not null
    group by target, trait, value, fold
),
recall as (
    select t.target, t.trait, t.class, sum(case when r.meant = t.class then t.images else 0 end) / sum(t.images) as recall
    from work.trait t
    left join rule r using (target, trait, value, fold)
    group by t.target, t.trait, t.class
)
select target, trait, round(avg(recall), 12) as balanced_accuracy, 1 / count(*) as chance
from recall
group by target, trait
having count(*) > 1
order by target desc, balanced_accuracy desc, trait
