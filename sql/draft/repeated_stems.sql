-- The number of images whose paths differ from that of another image in their suffixes alone.
select count(*) - count(distinct logical_stem)
from raw_file
where is_image
