-- The numbers at the top of the page.
select
    count(*) as images,
    count(*) filter (where label = 0) as real,
    count(*) filter (where label = 1) as fake,
    count(distinct generator) filter (where label = 1) as generators,
    count(distinct origin) as origins,
    coalesce(sum(size), 0)::bigint as bytes,
    count(*) filter (where status <> 'ok') as unusable,
    count(format) as probed
from report_row
