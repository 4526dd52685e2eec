-- The bins of each column that selection $name was matched on: fakes and real images before and after matching.
select trait, bin, fakes_before, reals_before, fakes_after, reals_after
from selection_histogram
where name = $name
order by trait, position
