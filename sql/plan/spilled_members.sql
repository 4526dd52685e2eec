-- An empty table: the location of each spilled member in its spill file, or the reason why it could not be read.
select
    null::bigint as spill,
    null::bigint as container_id,
    null::bigint as ordinal,
    null::varchar as name,
    null::bigint as "offset",
    null::bigint as size,
    null::varchar as reason,
    null::varchar as detail
where false
