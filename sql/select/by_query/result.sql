-- The selection. Spares come last, in the order in which they are used as substitutes.
select
    s.member_id,
    $name as name,
    p.split,
    row_number() over (
        partition by p.split
        order by s.role = 'spare', case when s.role = 'spare' then s.rank_key end,
            md5('position' || $seed || s.file_id), s.file_id
    ) - 1 as position,
    s.file_id,
    s.role,
    case when s.generator = '' then 'photograph' else s.generator end as stratum,
    null::varchar as substituted_for
from work.sample s
join work.image_split p using (file_id)
