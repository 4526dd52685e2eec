-- The images of a survey: depth and names of their folders, with counts; of fake ones, the class and the generator that
-- the default rules take from the names of folders.
select
    len(string_split(r.logical, '/')) - 1 as depth,
    string_split(r.logical, '/')[:-2] as folders,
    count(*) as images,
    if(a.label = 1, a.extra['class'], null) as fake_class,
    coalesce(a.generator, '') as generator
from raw_file r
left join attributes a using (member_id)
where r.is_image
group by all
order by all
