-- Schema version 9 -> 10: which real image was matched with which fake.
-- The real images that were matched with each fake of a matched selection.
create table selection_pair (
    name    varchar not null,
    fake_id varchar not null,              -- file_id
    real_id varchar not null               -- file_id
);
