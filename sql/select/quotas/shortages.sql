-- The number of usable images of each generator that is short, and of each of its origins, once all candidates that are
-- inspected were checked. Those that were not inspected are named apart. Paired real images count.
with unseen as (
    select generator, origin, count(*) as images
    from work.checked
    where refusal = 'not inspected'
    group by generator, origin
),
counted as (
    select
        s.generator,
        sum(least(s.cap, s.usable))::bigint as found,
        string_agg(
            s.origin || ' ' || least(s.cap, s.usable)
                || if(s.usable > s.cap, ', its cap', '')
                || coalesce(' and ' || u.images || ' not inspected', ''),
            ', ' order by s.origin
        ) as origins
    from work.supply s
    left join unseen u using (generator, origin)
    group by s.generator
),
paired as (
    select generator, sum(images)::bigint as images
    from work.given
    group by generator
)
select
    q.generator,
    q.images + coalesce(p.images, 0) as images,
    coalesce(c.found, 0) + coalesce(p.images, 0) as found,
    concat_ws(', ', p.images || ' paired', coalesce(c.origins, 'no origin has any')) as origins
from work.quota q
left join counted c using (generator)
left join paired p using (generator)
order by q.generator
