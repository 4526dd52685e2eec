-- Listed ids that are in the manifest and usable.
select l.split, l.file_id, a.member_id, a.source, a.label, a.generator
from work.listed l
join attributes a using (file_id)
left join inspection i using (member_id)
where a.status = 'ok'
  and coalesce(i.status, 'ok') = 'ok'
