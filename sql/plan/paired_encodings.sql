-- The real image whose encoding each fake of selection $selection gets: the one that it was matched with, else the first of
-- its paired real images that the manifest has. `file_id` is the name that the build gives the fake.
with fake as (
    select distinct coalesce(r.file_id, s.file_id) as file_id, m.file_id as local_id, m.paired_real_images
    from selection s
    join manifest m on m.file_id = s.file_id
    left join shared_row r on r.name = s.name and r.split = s.split and r.local_file_id = s.file_id
    where s.name = $selection and m.label = 1
),

pair as (
    select fake_id as local_id, min(real_id) as real_id, 0 as rank
    from selection_pair
    where name = $selection
    group by fake_id
    union all
    select local_id, unnest(paired_real_images) as real_id, generate_subscripts(paired_real_images, 1) as rank
    from fake
)

select f.file_id, m.file_id as real_id, m.format, m.qtables_hash, m.subsampling
from fake f
join pair p using (local_id)
join manifest m on m.file_id = p.real_id
where m.label = 0 and m.status = 'ok'
qualify row_number() over (partition by f.file_id order by p.rank, m.source, m.path, m.member) = 1
order by f.file_id
