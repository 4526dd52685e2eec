-- The values that each filter offers.
select 'generator' as field, generator as value from attributes where generator <> '' group by generator
union all
select 'origin', origin from attributes group by origin
union all
select 'source', source from attributes group by source
union all
select 'status', status from manifest group by status
union all
select 'selection', name from selection_run group by name
union all
select 'split', split from selection group by split
order by field, value
