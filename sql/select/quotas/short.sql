-- Generators that cannot reach their quota, even if all candidates that were not reached are usable.
select q.generator
from work.quota q
left join work.supply s using (generator)
group by q.generator, q.images
having coalesce(sum(s.most), 0) < q.images
order by q.generator
