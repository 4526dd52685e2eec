-- All images that a scan found usable.
select member_id
from attributes
where status = 'ok'
