-- Schema version 7 -> 8: copies that can take the place of a bad image. The next scan fills the table.
create table other_copy as
select *, 0::bigint as rank
from attributes
limit 0;
