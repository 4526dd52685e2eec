-- Number of images of the sources $sources (scan PATH) per convention of folder names that the default rule recognises.
select
    source,
    case when lower(extra['class']) in ('0_real', '1_fake') then '<generator>/{0_real,1_fake}'
        when extra['split'] is not null then '<split>/<class>'
        else '{real,fake}' end as convention,
    count(*) as images,
    count(*) filter (label = 1) as fake
from attributes
join member using (member_id)
where list_contains($sources, source) and extra['class'] is not null and access <> 'cell'
group by all
having convention <> '{real,fake}' or fake > 0
order by all
