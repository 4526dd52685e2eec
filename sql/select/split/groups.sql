-- Connected components: each image takes the least number that it can reach.
with recursive link as (
    select one.node as from_node, other.node as to_node
    from work.edge e
    join work.node one on one.file_id = e.one
    join work.node other on other.file_id = e.other
),
both_ways as (
    select from_node, to_node from link
    union
    select to_node, from_node from link
),
reached(node, component) using key (node) as (
    select node, node from work.node
    union
    select b.to_node, min(r.component)
    from reached r
    join both_ways b on b.from_node = r.node
    join recurring.reached as known on known.node = b.to_node
    where r.component < known.component
    group by b.to_node
)
select n.file_id, r.component
from reached r
join work.node n using (node)
