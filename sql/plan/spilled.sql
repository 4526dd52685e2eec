-- Nothing is spilled yet: where in a spill file a forward-only container's member lies, or why it could not be read.
select
    null::bigint as spill,
    null::bigint as container_id,
    null::bigint as ordinal,
    null::varchar as member,
    null::bigint as "offset",
    null::bigint as size,
    null::varchar as reason,
    null::varchar as detail
where false
