-- The section of each fake that a section of the recipe covers. Quotas and caps count these fakes under the section's
-- name instead of their origin's. The first matching section counts.
select a.file_id, min_by(r.section, r.rank) as section
from candidate a
join work.section_rule r using (origin)
where (a.label = 1 or $every_label)
  and (r.file_id is null or regexp_matches(a.file_id, r.file_id))
group by a.file_id
