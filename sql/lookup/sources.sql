-- The sources of a manifest: number of images, of generated ones, and of those that cannot be used.
select
    a.source,
    coalesce(any_value(i.name), a.source) as name,
    count(*) as images,
    count(*) filter (a.label = 1) as fake,
    count(*) filter (a.status <> 'ok') as unusable
from attributes a
left join source_info i using (source)
group by a.source
order by a.source
