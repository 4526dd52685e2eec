-- The groups of the sample, with their images by generator.
select g.group_id, s.label::varchar as parent, s.label || chr(31) || s.generator as stratum, count(*) as images
from work.sample s
join work.image_group g using (file_id)
group by all
