-- How well metadata predict the label before and after matching; null if there are too few images to tell.
select
    $name as name,
    trait,
    b.balanced_accuracy as before,
    a.balanced_accuracy as after,
    coalesce(b.chance, a.chance) as chance
from (from work.shortcut_before where target = 'label') b
full join (from work.shortcut_after where target = 'label') a using (trait)
