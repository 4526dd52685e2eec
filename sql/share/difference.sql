-- Rows that differ between `before` and `after` (columns as sql/share/rows.sql), each with its change: added, dropped,
-- moved (another split), role (spare or not), content (hash), metadata.
with paired as (
    select
        coalesce(b.file_id, a.file_id) as file_id,
        coalesce(b.origin, a.origin) as origin,
        b.split as split_before,
        a.split as split_after,
        case
            when b.file_id is null then 'added'
            when a.file_id is null then 'dropped'
            when b.split <> a.split then 'moved'
            when (b.role = 'spare') <> (a.role = 'spare') then 'role'
            when b.hash <> a.hash then 'content'
            when (b.label, b.generator, b.origin, b.description, b.positive_prompt, b.negative_prompt, b.conditioning,
                  b.paired_real_images)
              is distinct from
                 (a.label, a.generator, a.origin, a.description, a.positive_prompt, a.negative_prompt, a.conditioning,
                  a.paired_real_images) then 'metadata'
            else 'same'
        end as change
    from before b
    full join after a using (file_id)
)

select
    change,
    file_id,
    origin,
    split_before,
    split_after
from paired
where change <> 'same'
order by change, file_id
