-- What is picked up in the one pass over a forward-only container, in reading order: the rows of shards that are due,
-- and the spares on the way.
select distinct on (c.ordinal, c.member)
    c.ordinal, c.member, c.path, c.name_bytes, c.access, c."offset", c.packed_size, c.size, c.method, c.crc32
from plan_row c
join plan_due d on d.split = c.split and d.shard = coalesce(c.shard, -1)
where c.container_id = $container_id and c.refusal is null
order by c.ordinal, c.member
