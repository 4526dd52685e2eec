-- The photographs of the chosen fakes, without those of spares.
select distinct unnest(a.paired_real_images) as file_id
from work.fake f
join attributes a using (member_id)
where not f.is_spare
