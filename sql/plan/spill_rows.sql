-- The members of a sequential container that the due shards and their spares need, in reading order: members with random
-- access first; members of a nested archive after the archive itself.
select distinct on (p.ordinal, p.name)
    p.ordinal, p.name, p.path, p.name_bytes, p.access, p."offset", p.packed_size, p.size, p.method, p.crc32
from plan_member p
join plan_due_shards d on d.split = p.split and d.shard = coalesce(p.shard, -1)
where p.container_id = $container_id and p.refusal is null
order by p.access = 'sequential', if(p.ordinal < 4294967296, p.ordinal, (p.ordinal >> 32) - 1), p.ordinal, p.name
