-- The images of this manifest that the recipe excludes: those of selections, of sources, and those of exports that were
-- found by their file_id or their bytes.
select a.member_id, '' as generator, a.origin, md5($seed || a.file_id) as rank_key
from attributes a
left join inspection i using (member_id)
where a.status = 'ok'
  and (
      list_contains($excluded_sources, a.source)
      or a.file_id in (select file_id from selection where list_contains($excluded_selections, name))
      or a.file_id in (select file_id from work.exported)
      or i.hash in (select hash from work.exported)
  )
