-- Upper bound of the rank keys that are sorted, per stratum. Only candidates below it are ranked, so that few of
-- millions are sorted. 'g' is greater than every hexadecimal digit: all candidates.
select
    generator,
    origin,
    case
        when depth * $stretch + 200 >= candidates then 'g'
        else printf('%08x', (depth * $stretch + 200) * 4294967296 // candidates)
    end as bound
from work.depth
join work.stratum using (generator, origin)
