-- Schema version 3 -> 4: images of an import that have another file_id or other bytes on this machine.
alter table shared_row add column local_file_id varchar;
alter table shared_row add column matched_by varchar;
update shared_row set local_file_id = file_id, matched_by = 'file_id';
