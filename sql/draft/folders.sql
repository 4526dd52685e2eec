-- The images of a survey: depth and names of their folders, with counts.
select
    len(string_split(logical, '/')) - 1 as depth,
    string_split(logical, '/')[:-2] as folders,
    count(*) as images
from raw_file
where is_image
group by all
order by all
