-- Median and spread of the fakes in each numeric column. Quantiles do not depend on the order of adding.
select
    trait,
    quantile_disc(number, 0.5) as middle,
    case when quantile_disc(number, 0.84) > quantile_disc(number, 0.16)
        then quantile_disc(number, 0.84) - quantile_disc(number, 0.16) else greatest(abs(quantile_disc(number, 0.5)), 1)
    end as spread
from (
    select v.trait, try_cast(v.value as double) as number
    from work.match_value v
    join work.match_trait t using (trait)
    join work.match_image i using (member_id)
    where t.is_number and i.label = 1
)
where number is not null
group by trait
