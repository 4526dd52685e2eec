-- The audited images whose traits are known, numbered by a hash: the order of all further computations.
select
    row_number() over (order by md5('audit' || file_id), file_id, split) - 1 as image,
    *
from work.audited
where format is not null
