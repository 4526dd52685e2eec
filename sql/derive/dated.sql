-- Derived rows with the release dates of their generators. A month or year without a day is dated to its first day.
select
    d.* replace (
        case when d.label = 1
            then try_cast(left(coalesce(nullif(v.released, ''), d.extra['release_date']) || '-01-01', 10) as date)
        end as generator_released
    )
from derived d
left join generator_vocabulary v on v.name = d.generator
