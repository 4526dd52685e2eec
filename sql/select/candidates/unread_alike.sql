-- Candidates that may be copies of reached ones, and are not inspected yet.
select l.member_id, l.generator, l.origin, l.rank_key
from work.alike l
anti join (from inspection where outdated is not true) i using (member_id)
