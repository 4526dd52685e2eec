-- Shards that follow each other, in lots of about $lot_rows rows. A split's spares count as its shard -1.
with counted as (
    select split, coalesce(shard, -1) as shard, count(*) as rows
    from plan_shard_assignment
    group by all
),

dealt as (
    select split, shard, (sum(rows) over (partition by split order by shard) - rows) // $lot_rows as lot
    from counted
)

select split, min(shard) as first, max(shard) as last
from dealt
group by split, lot
order by split, first
