-- The rows of one shard as planned, in output order. Shards with refused rows take plan/substituted_rows, which costs twice as
-- much.
select * exclude (shard, shards)
from plan_read_locations
where split = $split and shard = $shard
order by position
