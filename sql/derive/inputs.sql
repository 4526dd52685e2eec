-- The raw rows and inspections that attributes are derived from, one row per table: their number, and a sum of hashes that
-- changes with any of them. hash() only detects changes between runs of one version of DuckDB.
select 'container' as input, count(*) as n, cast(sum(cast(hash(c) as hugeint)) as varchar) as digest from container c
union all by name
select 'member' as input, count(*) as n, cast(sum(cast(hash(m) as hugeint)) as varchar) as digest from member m
union all by name
select 'side_row' as input, count(*) as n, cast(sum(cast(hash(s) as hugeint)) as varchar) as digest from side_row s
union all by name
select 'inspection' as input, count(*) as n, cast(sum(cast(hash(i) as hugeint)) as varchar) as digest from inspection i
order by input
