-- Schema version 4 -> 5: tampered images, groups, further columns, and images that accompany others.
alter table attributes add column kind varchar;
alter table attributes add column group_id varchar;
alter table attributes add column extra map(varchar, varchar);
alter table attributes add column companions map(varchar, varchar);
update attributes set kind = case label when 0 then 'real' else 'synthetic' end;
create table companion (
    member_id    bigint not null,
    source       varchar not null,
    file_id      varchar not null,
    role         varchar not null,
    status       varchar not null,
    reason       varchar
);
