-- Generators that cannot reach their quota: the images that were found usable, and of each origin also those that were not
-- inspected, because even all of them would be too few. Paired real images count.
with limited as (
    select
        generator,
        origin,
        most,
        least(cap, usable) as found,
        usable + unseen > cap as is_capped
    from work.supply
),
counted as (
    select
        generator,
        sum(most)::bigint as most,
        sum(found)::bigint as found,
        string_agg(
            origin || ' ' || found || if(most > found, ' and ' || most - found || ' not inspected', '') || if(is_capped, ' by its cap', ''),
            ', ' order by origin
        ) as origins
    from limited
    group by generator
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
    coalesce(c.most - c.found, 0) as unseen,
    concat_ws(', ', p.images || ' paired', coalesce(c.origins, 'no origin has any')) as origins
from work.quota q
left join counted c using (generator)
left join paired p using (generator)
where coalesce(c.most, 0) < q.images
order by q.generator
