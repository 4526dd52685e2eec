-- Rows and bytes of the whole build, and bytes that must be decoded: inspected images are not decoded again.
select
    count(*)::bigint as images,
    coalesce(sum(expected_size), 0)::bigint as bytes,
    coalesce(sum(expected_size) filter (known_hash is null), 0)::bigint as bytes_to_decode,
    count(*) filter (refusal is not null) as refused
from plan_row
where not is_spare
