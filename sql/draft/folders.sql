-- The images of a survey: depth and names of their folders, with counts; of fake ones, the class and the generator that
-- the default rules take from the names of folders. The folders of a cell are those of its table, and the table; `cells`
-- is the name of its column.
with image as (
    select
        if(r.access = 'cell', split_part(r.logical, '/', -1), '') as cells,
        string_split(r.logical, '/')[:if(r.access = 'cell', -3, -2)] as folders,
        if(a.label = 1, a.extra['class'], null) as fake_class,
        coalesce(a.generator, '') as generator
    from raw_file r
    left join attributes a using (member_id)
    where r.is_image
)
select len(folders) as depth, folders, count(*) as images, cells, fake_class, generator
from image
group by all
order by all
