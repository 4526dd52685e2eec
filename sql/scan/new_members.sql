-- Raw rows of a new container. `incoming`: the rows of its listing, numbered from 0. $first: the first new member_id.
-- (nextval() for each row would keep DuckDB from using several threads.)
select $first + number as member_id, $container_id as container_id, * exclude (number)
from incoming
