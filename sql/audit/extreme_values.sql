-- Per trait, the two values whose frequencies among fakes and real images differ most.
with total as (
    select trait, sum(images) filter (class = 'fake') as fakes, sum(images) filter (class = 'real') as reals
    from work.trait
    where target = 'label'
    group by trait
),
frequency as (
    select
        t.trait,
        t.value,
        coalesce(sum(t.images) filter (t.class = 'fake'), 0) / any_value(l.fakes) as fake,
        coalesce(sum(t.images) filter (t.class = 'real'), 0) / any_value(l.reals) as real
    from work.trait t
    join total l using (trait)
    where t.target = 'label'
    group by t.trait, t.value
)
select trait, value, fake, real
from frequency
qualify row_number() over (partition by trait order by abs(fake - real) desc, value) <= 2
order by trait, abs(fake - real) desc, value
