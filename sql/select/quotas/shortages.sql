-- Generators that cannot reach their quota, with the number that each origin can give.
select
    q.generator,
    q.images,
    coalesce(sum(s.most), 0)::bigint as found,
    coalesce(string_agg(s.origin || ' ' || s.most, ', ' order by s.origin), 'no origin has any') as origins
from work.quota q
left join work.supply s using (generator)
group by q.generator, q.images
having coalesce(sum(s.most), 0) < q.images
order by q.generator
