-- Pairs of a fake image and the real image that it names: a few per generator, where both are among the rows.
with
candidate as (
    select generator, file_id, row_id, unnest(paired_real_images) as real_id
    from report_row
    where label = 1
      and status = 'ok'
      and ($passes or access is distinct from 'sequential')
),

pair as (
    select c.generator, c.file_id, c.row_id as fake, min(r.row_id) as real
    from candidate c
    join report_row r on r.file_id = c.real_id
    where r.status = 'ok'
      and ($passes or r.access is distinct from 'sequential')
    group by all
)

select fake, real
from pair
qualify row_number() over (partition by generator order by md5($seed || file_id), fake) <= $pairs
order by generator, fake
