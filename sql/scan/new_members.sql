-- Raw rows of a container that was not known: `incoming` is what its listing yielded.
select nextval('member_ids') as member_id, $container_id as container_id, *
from incoming
