-- The sources of the written rows, with the texts of their declarations.
select
    c.source,
    coalesce(any_value(i.name), c.source) as name,
    coalesce(any_value(i.licence), '') as licence,
    coalesce(any_value(i.citation), '') as citation,
    coalesce(any_value(i.homepage), '') as homepage,
    sum(c.images)::bigint as images
from card_counts c
left join source_info i on i.source = c.source
group by c.source
order by c.source
