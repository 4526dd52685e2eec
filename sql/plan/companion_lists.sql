-- The companions of each planned row as a list, with the locations that they are read from, as in read_locations.sql.
select
    p.split,
    p.shard,
    p.selection_position,
    list({
        'number': p.number,
        'container_id': coalesce(f.spill, p.container_id),
        'ordinal': p.ordinal,
        'path': p.path,
        'name': p.name,
        'name_bytes': p.name_bytes,
        'access': if(f.container_id is null, p.access, 'slice'),
        'offset': if(f.container_id is null, p."offset", f."offset"),
        'packed_size': if(f.container_id is null, p.packed_size, f.size),
        'size': if(f.container_id is null, p.size, f.size),
        'method': if(f.container_id is null, p.method, 'stored'),
        'crc32': p.crc32,
        'mtime_ns': p.mtime_ns,
        'refusal': coalesce(p.refusal, f.reason),
        'detail': coalesce(p.detail, f.detail)
    } order by p.number) as companions
from plan_companion p
left join plan_spilled_members f
    on f.container_id = p.container_id and f.ordinal = p.ordinal and f.name is not distinct from p.name
group by p.split, p.shard, p.selection_position
