-- What a build will store, and how much of it has to be decoded: what passed inspection need not be again.
select
    count(*)::bigint as images,
    coalesce(sum(c.expected_size), 0)::bigint as bytes,
    coalesce(sum(c.expected_size) filter (c.known_hash is null), 0)::bigint as bytes_to_decode,
    count(*) filter (c.refusal is not null) as refused
from plan_placed p
join plan_chosen c using (split, rank)
