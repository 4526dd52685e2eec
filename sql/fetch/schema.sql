-- The tables of a download's log (SQLite). Safe to run twice.
pragma journal_mode = wal;
pragma synchronous = full;

create table if not exists made_by (
    recipe text not null                   -- JSON: hash of the list, columns, layout, version
);

create table if not exists item (
    part   text    not null,               -- folder below the target, '' for the target itself
    key    integer not null,               -- row of the list, from 0
    url    text    not null,
    record text    not null,               -- JSON: the row's other columns
    primary key (part, key)
) without rowid;

-- The outcome of an item; an item without a row is pending.
create table if not exists log (
    part        text    not null,
    key         integer not null,
    status      text    not null,          -- success, failed
    error       text,                      -- stable text; null for a success
    detail      text,                      -- details of this failure
    http_status integer,
    sha256      text,                      -- of the bytes as served and stored
    bytes       integer,
    type        text,                      -- detected from the bytes: jpg, png, tif, ...
    attempts    integer not null,
    at          text    not null,          -- UTC
    primary key (part, key)
) without rowid;

-- The number of bytes of a tar shard that belong to rows of the log; later bytes were left by a kill.
create table if not exists shard (
    part   text    not null,
    shard  text    not null,
    length integer not null,
    primary key (part, shard)
) without rowid;

-- Items, with whether they are still to be fetched. Items of a host that was given up were not requested. Images that
-- their host does not have (404, 410) are not requested again.
create temporary view if not exists item_state as
select
    i.part,
    i.key,
    i.url,
    i.record,
    l.key is null or l.error = 'host given up' as is_pending,
    l.status = 'failed' and coalesce(l.http_status, 0) not in (404, 410) as is_retryable
from item i
left join log l using (part, key);
