-- The containers that the selection needs, with what will be read from each: of forward-only ones it is all of them.
select
    c.container_id,
    c.source,
    c.path,
    c.path_bytes,
    c.kind,
    c.volumes,
    c.fingerprint,
    bool_or(p.is_forward) as is_forward,
    count(*) filter (not p.is_spare) as rows,
    count(*) filter (p.is_spare) as spares,
    coalesce(sum(p.expected_size) filter (not p.is_spare), 0)::bigint as bytes,
    case
        when bool_or(p.is_forward) then any_value(c.size)
        else coalesce(sum(coalesce(p.packed_size, p.expected_size)) filter (not p.is_spare), 0)
    end::bigint as bytes_read
from plan_row p
join container c using (container_id)
where p.refusal is null
group by all
order by c.source, c.path, c.container_id
