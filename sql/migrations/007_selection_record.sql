-- Schema version 6 -> 7: when a selection was made, and what it was made from.
alter table selection_run add column made_from varchar;
alter table selection_run add column made_at timestamp;
