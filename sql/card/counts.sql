-- What was built, counted: `built` holds every row that stands in a shard.
select
    b.split,
    c.label,
    c.generator,
    c.origin,
    c.source,
    count(*) as images,
    count(*) filter (b.transform <> 'verbatim') as converted,
    sum(b.stored_size)::bigint as bytes
from built b
join (select distinct on (file_id) file_id, label, generator, origin, source from plan_row order by file_id) c
    using (file_id)
group by all
order by b.split, c.label, c.generator, c.origin, c.source
