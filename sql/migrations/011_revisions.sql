-- Schema version 10 -> 11: the upstream revision and published hash of containers. A rescan of changed files fills them.
alter table container add column revision varchar;
alter table container add column published_hash varchar;
