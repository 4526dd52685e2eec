-- An empty table: the columns of written rows that the card counts.
select
    null::varchar as split,
    null::varchar as file_id,
    null::varchar as transform,
    null::bigint as stored_size,
    null::varchar as suffix
where false
