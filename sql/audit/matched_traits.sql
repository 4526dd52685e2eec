-- The columns that selection $name was matched on: standardised mean difference and imbalance before and after.
select trait, bins, smd_before, smd_after, imbalance_before, imbalance_after
from selection_trait
where name = $name
