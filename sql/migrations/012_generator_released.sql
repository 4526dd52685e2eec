-- Schema version 11 -> 12: the release dates of generators, which the next scan fills.
alter table attributes add column generator_released date;
drop table other_copy;
create table other_copy as
select *, 0::bigint as rank
from attributes
limit 0;
