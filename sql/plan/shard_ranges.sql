-- Ranges of consecutive shards with about $range_rows rows each. The spares of a split count as its shard -1.
with counted as (
    select split, coalesce(shard, -1) as shard, count(*) as rows
    from plan_shard_assignment
    group by all
),

numbered as (
    select split, shard, (sum(rows) over (partition by split order by shard) - rows) // $range_rows as shard_range
    from counted
)

select split, min(shard) as first, max(shard) as last
from numbered
group by split, shard_range
order by split, first
