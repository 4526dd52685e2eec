-- The position of each row in its split, and the shard that holds it. Each split is divided into shards of equal bytes, so
-- many that their average is at most $shard_size. A row that is known to be unusable keeps its position for a substitute.
-- Spares have neither position nor shard.
with ordered as (
    select
        split,
        selection_position,
        expected_size,
        row_number() over (
            partition by split
            order by case when $order = 'shuffled' then md5($seed || file_id) end, selection_position, file_id
        ) - 1 as position
    from plan_selected_rows
    where not is_spare
),

measured as (
    select
        *,
        coalesce(sum(expected_size) over (
            partition by split order by position rows between unbounded preceding and 1 preceding
        ), 0)::hugeint as bytes_before,
        greatest(1, sum(expected_size) over (partition by split))::hugeint as bytes_in_split
    from ordered
),

-- A large image may leave a shard without a row; dense_rank numbers the shards without gaps.
cut as (
    select
        split,
        selection_position,
        position,
        dense_rank() over (
            partition by split
            order by bytes_before * ((bytes_in_split + $shard_size - 1) // $shard_size) // bytes_in_split
        ) - 1 as shard
    from measured
),

counted as (
    select split, selection_position, position, shard, max(shard) over (partition by split) + 1 as shards
    from cut
)

select c.*, t.position, t.shard, t.shards
from plan_selected_rows c
left join counted t using (split, selection_position)
