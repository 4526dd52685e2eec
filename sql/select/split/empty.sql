-- Splits of the recipe that have no image although their fractions are above 0, if the others have images.
select f.split, f.fraction, (select count(*) from work.result where role <> 'spare') as images
from work.fraction f
where f.fraction > 0
  and f.split not in (select split from work.result where role <> 'spare')
  and exists (from work.result)
order by f.split
