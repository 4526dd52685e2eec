-- Number of paired real images, without spares, by origin and split.
select origin, split, count(*) as images
from work.paired
where not is_spare
group by origin, split
