-- The refused rows in the order in which they get substitutes: the order of the selection.
select p.split, p.stratum, p.position, p.file_id, r.reason, r.detail
from incoming_refusals r
join plan_shard_assignment p using (split, position)
order by p.split, p.stratum, p.selection_position
