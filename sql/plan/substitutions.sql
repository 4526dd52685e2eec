-- No place is settled yet: which spare (by rank; null: none was left) takes a refused row's place.
select null::varchar as split, null::bigint as place, null::bigint as rank
where false
