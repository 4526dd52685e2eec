-- Raw rows of a new container. `incoming`: the rows of its listing.
select nextval('member_ids') as member_id, $container_id as container_id, *
from incoming
