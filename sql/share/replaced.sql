-- How the selection $name differs from the rows `imported` of an export: per split, its rows, those of the export, and
-- those that are equal. Rows of an earlier import are compared as it brought them, those of other selections as they are
-- in the manifest, where images that were not inspected have no hash.
with shared as (
    select split, position, role, file_id, origin, generator, label, description, positive_prompt, negative_prompt,
        conditioning, hash
    from shared_row
    where name = $name
),

own as (
    select s.split, s.position, s.role, s.file_id, a.origin, a.generator, a.label, a.description, a.positive_prompt,
        a.negative_prompt, a.conditioning, i.hash
    from selection s
    left join attributes a using (file_id)
    left join inspection i using (member_id)
    where s.name = $name and not exists (from shared)
),

present as (
    from shared
    union all
    from own
)

select
    coalesce(p.split, r.split) as split,
    count(p.split) as present,
    count(r.split) as exported,
    count(*) filter (
        (p.role, p.file_id, p.origin, p.generator, p.label, p.description, p.positive_prompt, p.negative_prompt,
            p.conditioning, coalesce(p.hash, r.hash))
        is not distinct from (r.role, r.file_id, r.origin, r.generator, r.label, r.description, r.positive_prompt,
            r.negative_prompt, r.conditioning, r.hash)
    ) as equal
from present p
full join imported r using (split, position)
group by all
order by split
