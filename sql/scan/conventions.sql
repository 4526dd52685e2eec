-- Number of images of the sources $sources (scan PATH) per convention of folder names that the default rule recognises.
select
    source,
    case when extra['split'] is not null then '<split>/<class>'
        when extra['class'] in ('0_real', '1_fake') then '<generator>/{0_real,1_fake}'
        else 'fake' end as convention,
    count(*) as images,
    count(*) filter (label = 1) as fake
from attributes
where list_contains($sources, source) and extra['class'] is not null
group by all
order by all
