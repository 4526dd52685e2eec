-- The rows of shards $first to $last of a split as planned, in output order. Shards with refused rows take
-- plan/substituted_rows, which costs twice as much.
select * exclude (shards)
from plan_read_locations
where split = $split and shard between $first and $last
order by shard, position
