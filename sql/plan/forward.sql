-- What is picked up in the one pass over a forward-only container, in reading order: the rows of shards that are due,
-- and the spares on the way. What is reached at will comes first, what is nested in a member behind that member.
select distinct on (c.ordinal, c.member)
    c.ordinal, c.member, c.path, c.name_bytes, c.access, c."offset", c.packed_size, c.size, c.method, c.crc32
from plan_row c
join plan_due d on d.split = c.split and d.shard = coalesce(c.shard, -1)
where c.container_id = $container_id and c.refusal is null
order by c.access = 'sequential', if(c.ordinal < 4294967296, c.ordinal, (c.ordinal >> 32) - 1), c.ordinal, c.member
