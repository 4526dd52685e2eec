-- The containers of the planned rows, and the bytes to read from each. A sequential container is read as a whole.
select
    c.container_id,
    c.source,
    c.path,
    c.path_bytes,
    c.kind,
    c.volumes,
    c.fingerprint,
    bool_or(p.is_sequential) as is_sequential,
    coalesce(sum(p.expected_size) filter (not p.is_spare), 0)::bigint as bytes,
    case
        when bool_or(p.is_sequential) then any_value(c.size)
        else coalesce(sum(coalesce(p.packed_size, p.expected_size)) filter (not p.is_spare), 0)
    end::bigint as bytes_read
from plan_member p
join container c using (container_id)
where p.refusal is null
group by all
order by c.source, c.path, c.container_id
