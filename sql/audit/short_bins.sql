-- The bins of selection $name in which fakes had too few real images.
select split, bin, fakes, candidates, matched, nearest
from selection_bin
where name = $name and (matched < fakes or nearest > 0)
order by fakes - matched + nearest desc, split, bin
limit 50
