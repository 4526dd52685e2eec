-- Fakes that quotas count under another name than their origin's, because a section of the recipe takes several origins
-- for one, or one for several. The first section that fits counts.
select a.member_id, min_by(r.section, r.place) as section
from attributes a
join work.section_rule r using (origin)
where a.label = 1
  and (r.file_id is null or regexp_matches(a.file_id, r.file_id))
group by a.member_id
