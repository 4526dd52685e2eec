-- How fakes and real images of selection $selection differ before and after matching, as texts; the shortcuts that were
-- strongest before.
with measured as (
    select rowid as number, trait || ' (' || bins || ')' as trait, 'imbalance of bins' as measure, imbalance_before as before, imbalance_after as after
    from selection_trait
    where name = $selection
    union all
    select rowid as number, trait, 'standardised mean difference' as measure, smd_before as before, smd_after as after
    from selection_trait
    where name = $selection and smd_before is not null
),

shortcut as (
    select trait, 'balanced accuracy of predicting the label' as measure, before, after
    from selection_shortcut
    where name = $selection
      and trait <> 'decision tree of all'  -- needs a package that not every machine has
    order by before desc nulls last, trait
    limit 8
)

select trait, measure, format('{:.3f}', before) as before, coalesce(format('{:.3f}', after), '') as after
from (
    select 0 as part, number, trait, measure, before, after from measured
    union all
    select 1 as part, row_number() over (order by before desc nulls last, trait) as number, trait, measure, before, after
    from shortcut
)
where before is not null
order by part, measure, number
