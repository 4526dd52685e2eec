-- An empty table: the spare that replaces each refused row, by its position in the selection; null if none was left.
select null::varchar as split, null::bigint as position, null::bigint as spare_position
where false
