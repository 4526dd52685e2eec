-- Candidates that were reached and never looked at, numbered in the order in which they lie.
select
    m.member_id,
    row_number() over (order by m.container_id, m."offset", m.ordinal, m.member_id) - 1 as place
from work.pool p
join member m using (member_id)
anti join inspection i using (member_id)
