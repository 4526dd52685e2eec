-- The candidates of a recipe with windows: real images, and fakes of the generators of past and next.
select c.*
from every_candidate c
join attributes a using (member_id)
where c.label = 0 or a.generator in (select generator from work.window)
