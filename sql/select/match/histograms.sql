-- The number of fakes and real images in each bin of each matched column, before and after matching. Bins of numbers are in
-- ascending order, texts in name order.
select
    $name as name,
    trait,
    row_number() over (partition by trait order by min(number) nulls last, bin) as position,
    bin,
    count(*) filter (stage = 'before' and is_fake) as fakes_before,
    count(*) filter (stage = 'before' and not is_fake) as reals_before,
    count(*) filter (stage = 'after' and is_fake) as fakes_after,
    count(*) filter (stage = 'after' and not is_fake) as reals_after
from work.staged_value
group by rank, trait, bin
order by rank, position
