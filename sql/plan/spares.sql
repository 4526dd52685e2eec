-- The spares of one split and stratum, in the order of the selection, with the locations of their bytes.
select
    selection_position as position,
    * exclude (shard, shards, position)
from plan_read_locations
where is_spare and split = $split and stratum = $stratum
order by selection_position
