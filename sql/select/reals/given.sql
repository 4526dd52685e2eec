-- Paired real images by origin: the complement fills the origins up to equal numbers.
select '' as generator, k.origin, count(*) as images
from work.paired_kept k
join attributes a using (member_id)
semi join work.photograph_of_chosen using (file_id)
group by k.origin
