-- How well metadata predict the label before and after matching selection $name.
select trait, before, after, chance
from selection_shortcut
where name = $name
order by before desc nulls last, trait
