-- What a build will store, and how much of it has to be decoded: what passed inspection need not be again.
select
    count(*)::bigint as images,
    coalesce(sum(expected_size), 0)::bigint as bytes,
    coalesce(sum(expected_size) filter (known_hash is null), 0)::bigint as bytes_to_decode,
    count(*) filter (refusal is not null) as refused
from plan_row
where not is_spare
