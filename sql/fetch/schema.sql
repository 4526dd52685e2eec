-- Every table of a download's log (SQLite). Safe to run twice.
pragma journal_mode = wal;
pragma synchronous = full;

create table if not exists made_by (
    recipe text not null                   -- JSON: list, its hash, columns, format
);

create table if not exists item (
    part   text    not null,               -- folder below the target, '' for the target itself
    key    integer not null,               -- row of the list, from 0; shard and index printed together
    url    text    not null,
    record text    not null,               -- JSON: the row's other columns
    primary key (part, key)
) without rowid;

-- What became of an item; no row: nothing yet.
create table if not exists log (
    part        text    not null,
    key         integer not null,
    status      text    not null,          -- success, failed
    error       text,                      -- stable words; null for a success
    detail      text,                      -- what was seen this time
    http_status integer,
    sha256      text,                      -- of the bytes as they were served and stored
    bytes       integer,
    type        text,                      -- by the bytes themselves: jpg, png, tif, ...
    attempts    integer not null,
    at          text    not null,          -- UTC
    primary key (part, key)
) without rowid;

-- How many bytes of a tar shard belong to rows of the log; what lies behind them is left over from a kill.
create table if not exists shard (
    part   text    not null,
    shard  text    not null,
    length integer not null,
    primary key (part, shard)
) without rowid;
