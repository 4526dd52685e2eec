-- The bins of the matched selection $name, per split.
select split, bin, fakes, candidates, matched, nearest, reals
from selection_bin
where name = $name
order by split, bin
