-- Nothing is counted yet: of every row that stands in a shard, what the card counts.
select
    null::varchar as split,
    null::varchar as file_id,
    null::varchar as transform,
    null::bigint as stored_size
where false
