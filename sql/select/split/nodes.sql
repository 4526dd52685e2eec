-- A number for every node of the graph. The least number names a group: a declared group comes first, then photographs,
-- whether the manifest has them or not, then a prompt, fakes, and other images.
with node as (
    select file_id as name from work.tied
    union
    select one from work.edge
    union
    select other from work.edge
)
select
    n.name as file_id,
    row_number() over (
        order by
            case
                when starts_with(n.name, chr(0) || chr(0) || 'prompt ') then 1.5
                when starts_with(n.name, chr(0) || chr(0)) then 9
                when starts_with(n.name, chr(0)) then 0
                else coalesce(t.turn, 1)
            end,
            n.name
    ) as node
from node n
left join work.tied t on t.file_id = n.name
