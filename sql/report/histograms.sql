-- How the columns that selection $name was matched on are distributed: of fakes and of real images, before and after
-- matching, the percentage in each bin. Of each column the 24 most frequent bins are named; the others are one.
with ranked as (
    select
        h.*,
        t.rank,
        row_number() over (
            partition by trait order by fakes_before + reals_before + fakes_after + reals_after desc, position
        ) <= 24 as is_named
    from selection_histogram h
    join (select trait, rowid as rank from selection_trait where name = $name) t using (trait)
    where h.name = $name
),

merged as (
    select
        rank,
        trait,
        if(is_named, bin, '(others)') as bin,
        if(is_named, position, 1_000_000_000) as position,
        sum(fakes_before) as fakes_before,
        sum(reals_before) as reals_before,
        sum(fakes_after) as fakes_after,
        sum(reals_after) as reals_after
    from ranked
    group by all
)

select
    trait,
    bin,
    round(100 * fakes_before / sum(fakes_before) over of_trait, 1) as fake_before,
    round(100 * reals_before / sum(reals_before) over of_trait, 1) as real_before,
    round(100 * fakes_after / sum(fakes_after) over of_trait, 1) as fake_after,
    round(100 * reals_after / sum(reals_after) over of_trait, 1) as real_after
from merged
window of_trait as (partition by trait)
order by rank, position
