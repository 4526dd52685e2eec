-- What is picked up in the one pass over a forward-only container, in reading order: rows, and the spares on the way.
select distinct on (ordinal, member) ordinal, member, path, name_bytes, access, "offset", packed_size, size, method, crc32
from plan_chosen
where container_id = $container_id and refusal is null
order by ordinal, member, split, rank
