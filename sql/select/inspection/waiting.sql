-- Candidates that were reached and never looked at, numbered in the order in which they lie: what is nested in a member
-- (docs/containers.md, "Ordinals") comes behind it.
select
    m.member_id,
    row_number() over (
        order by
            m.container_id,
            m."offset",
            if(m.ordinal < 4294967296, m.ordinal, (m.ordinal >> 32) - 1),
            m.ordinal,
            m.member_id
    ) - 1 as place
from work.pool p
join member m using (member_id)
anti join inspection i using (member_id)
