-- Generators that cannot reach their number, with what each origin can give.
select
    q.generator,
    q.wanted,
    coalesce(sum(s.most), 0)::bigint as found,
    coalesce(string_agg(s.origin || ' ' || s.most, ', ' order by s.origin), 'no origin has any') as origins
from work.quota q
left join work.supply s using (generator)
group by q.generator, q.wanted
having coalesce(sum(s.most), 0) < q.wanted
order by q.generator
