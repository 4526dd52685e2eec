-- All photographs of the selected fakes that can be read. Also those that the recipe does not take are inspected: fakes of
-- equal photographs share a split.
select a.member_id, '' as generator, a.origin, md5($seed || a.file_id) as rank_key
from work.photograph
join attributes a using (file_id)
where a.status = 'ok'
