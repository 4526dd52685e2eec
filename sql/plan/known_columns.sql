-- The names that extra and companions have in the images of the sources that are built.
select distinct unnest(list_transform(map_keys(extra), lambda name: 'extra.' || name)) as name
from attributes
where source in (select source from plan_row)
union
select distinct unnest(list_transform(map_keys(companions), lambda role: 'companions.' || role))
from attributes
where source in (select source from plan_row)
order by name
