-- Groups: connected components of the edges. The least node in a group names it.
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
reached(node, group_id) using key (node) as (
    select node, node from work.node
    union
    select b.to_node, min(r.group_id)
    from reached r
    join both_ways b on b.from_node = r.node
    join recurring.reached as known on known.node = b.to_node
    where r.group_id < known.group_id
    group by b.to_node
)
select n.file_id, least_node.file_id as group_id
from reached r
join work.node n using (node)
join work.node least_node on least_node.node = r.group_id
