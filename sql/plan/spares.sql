-- The spares of one split and stratum, in the order in which they stand in, read from where the rows are read from.
select
    rank as place,
    * exclude (shard, shards, place)
from plan_read_locations
where is_spare and split = $split and stratum = $stratum
order by rank
