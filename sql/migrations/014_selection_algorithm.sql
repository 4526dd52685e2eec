-- Schema version 13 -> 14: the algorithm that made a selection, and the selection that it extends.
alter table selection_run add column algorithm varchar;
alter table selection_run add column extends varchar;
