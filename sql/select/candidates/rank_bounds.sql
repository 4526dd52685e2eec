-- Up to which rank the queues are made: some way beyond what is looked at now, so that millions need no sorting to
-- choose a few. 'g' is beyond every hexadecimal digit: all of them.
select
    generator,
    origin,
    case
        when depth * $stretch + 200 >= candidates then 'g'
        else printf('%08x', (depth * $stretch + 200) * 4294967296 // candidates)
    end as bound
from work.depth
join work.stratum using (generator, origin)
