-- Where each row goes: its place in its split, and the shard that holds it. A split is cut into as many shards of equal
-- bytes as keep the average below $shard_size. Rows that are known to be unusable keep their place: a spare takes it.
-- Spares have none.
with ordered as (
    select
        split,
        rank,
        expected_size,
        row_number() over (
            partition by split
            order by case when $order = 'shuffled' then md5($seed || file_id) end, rank, file_id
        ) - 1 as place
    from plan_selected_rows
    where not is_spare
),

measured as (
    select
        *,
        coalesce(sum(expected_size) over (
            partition by split order by place rows between unbounded preceding and 1 preceding
        ), 0)::hugeint as bytes_before,
        greatest(1, sum(expected_size) over (partition by split))::hugeint as bytes_in_split
    from ordered
),

-- A large image may leave a shard in which no row starts; dense_rank leaves no gap in the numbers.
cut as (
    select
        split,
        rank,
        place,
        dense_rank() over (
            partition by split
            order by bytes_before * ((bytes_in_split + $shard_size - 1) // $shard_size) // bytes_in_split
        ) - 1 as shard
    from measured
),

counted as (
    select split, rank, place, shard, max(shard) over (partition by split) + 1 as shards
    from cut
)

select c.*, t.place, t.shard, t.shards
from plan_selected_rows c
left join counted t using (split, rank)
