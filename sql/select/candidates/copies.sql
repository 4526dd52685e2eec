-- Candidates with the bytes of another one that comes before them: of the first origin, then the first file_id. They rank
-- after all other candidates, so that a picture in ten copies is as likely as a picture in one.
select member_id
from work.alike l
join inspection i using (member_id)
left join work.origin_order p on p.origin = l.own_origin
where i.status = 'ok' and i.hash is not null
qualify row_number() over (partition by i.hash order by p.rank nulls last, l.own_origin, l.file_id) > 1
