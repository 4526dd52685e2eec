-- Schema version 1 -> 2: standard terms for tables, columns and codes.
alter table underivable rename to derivation_error;
alter table inspection rename column quantisation to qtables_hash;
update member set access = 'sequential' where access = 'pass';
update inspection set status = 'crashed' where status = 'died';
update selection_excluded set reason = 'crashed' where step = 'inspect' and reason = 'died';
update finding set code = 'reader-crashed' where code = 'reader-died';
