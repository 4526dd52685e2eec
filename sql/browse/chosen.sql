-- The images of the selection, and of its split, that the variable `filter` names.
select
    file_id,
    split
from selection
where name = getvariable('filter').selection
  and role <> 'spare'
  and (getvariable('filter').split is null or split = getvariable('filter').split)
