-- Rows of the pool that were never inspected, or by an earlier version that found other values, in storage order. Nested
-- members follow their archive (docs/containers.md, "Ordinals").
select
    m.member_id,
    row_number() over (
        order by
            m.container_id,
            m."offset",
            if(m.ordinal < 4294967296, m.ordinal, (m.ordinal >> 32) - 1),
            m.ordinal,
            m.member_id
    ) - 1 as rank
from work.pool p
join member m using (member_id)
anti join (from inspection where outdated is not true) i using (member_id)
