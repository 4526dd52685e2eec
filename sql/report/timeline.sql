-- Generators among the rows, by release date.
select r.generator, r.released, sum(g.images)::bigint as images
from report_release r
join report_group g using (generator)
where g.label = 1
group by all
order by r.released, r.generator
