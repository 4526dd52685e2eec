-- Every table of a manifest file. Raw rows first, then what declarations make of them, then selections.
-- Nothing here depends on where the sources are on this machine: paths are below a source's root.

create sequence if not exists container_ids;
create sequence if not exists member_ids;

create table if not exists made_by (
    schema_version integer not null,       -- another version's file is refused, not misread
    tool_version   varchar not null
);

-- Raw rows: one a container. The loose files of a source are one container of kind 'folder' with the path ''.
create table if not exists container (
    container_id bigint not null,          -- kept over rescans while the fingerprint stays
    source       varchar not null,         -- key in local.cfg
    path         varchar not null,         -- below the source's root; of volumes the last or only name; '' for loose files
    path_bytes   blob,                     -- the same as bytes, where it is not UTF-8 (path is then escaped)
    kind         varchar not null,         -- folder, zip, tar, 7z, stream, arrow, parquet
    volumes      struct(path varchar, size bigint, mtime_ns bigint)[] not null, -- in reading order
    size         bigint not null,          -- bytes of all volumes
    fingerprint  varchar not null,         -- of volumes, sizes and mtimes: equal means not read again
    status       varchar not null,         -- complete, partial, failed, skipped
    reason       varchar,                  -- why it is not complete
    declared     bigint,                   -- members that the archive declares, if it does
    listed       bigint not null,          -- members that were listed
    row_count    bigint                    -- rows of an Arrow or Parquet file
);

-- Raw rows: one per file or member; which of them are images is a declaration's business.
create table if not exists member (
    member_id    bigint not null,          -- kept over rescans while the file is the same
    container_id bigint not null,
    ordinal      bigint not null,          -- place in the container's outermost listing: its identity, and the reading order
    path         varchar not null,         -- the file on disk, below the source's root
    name         varchar,                  -- inside it, levels joined by '!', 'row/column' in Arrow; null for a loose file
    name_bytes   blob,                     -- the same as bytes, where it is not UTF-8 (name or path is then escaped)
    size         bigint,                   -- bytes unpacked; null if unknown before reading
    packed_size  bigint,                   -- bytes in the archive
    method       varchar,                  -- stored, deflate, deflate64, bzip2, lzma, zstd, ...
    crc32        uinteger,                 -- where the container knows it
    access       varchar not null,         -- file, slice, zip, pass, cell: how its bytes are reached (docs/architecture.md)
    "offset"     bigint,                   -- slice, zip: where, counted over all volumes
    mtime_ns     bigint,                   -- of a loose file
    problem      varchar                   -- why it cannot be read; null if nothing is known against it
);

-- Rows of side files (csv, json, jsonl, txt, sidecars) and the scalar columns of Arrow and Parquet rows.
create table if not exists side_row (
    source       varchar not null,
    table_name   varchar not null,         -- [tables.NAME] of the declaration
    container_id bigint not null,
    path         varchar not null,         -- logical path of the side file
    line         bigint not null,          -- counts from 0: rows of a csv, elements of a JSON list, rows of an Arrow file
    record       json not null             -- column name -> value
);

-- What is wrong with a container or a member: the health report.
create table if not exists finding (
    container_id bigint not null,
    ordinal      bigint,                   -- null: the container as a whole
    code         varchar not null,         -- stable word: volume-missing, truncated, overlap, crc, encrypted, ...
    detail       varchar not null
);

-- What declarations make of raw rows: a row an image. sql/derive fills it anew after every scan.
create table if not exists attributes (
    member_id          bigint not null,
    source             varchar not null,
    file_id            varchar not null,
    origin             varchar not null,
    generator          varchar not null,   -- empty for a photograph
    label              tinyint not null,   -- 0 real, 1 fake
    description        varchar not null,
    positive_prompt    varchar not null,
    negative_prompt    varchar not null,
    conditioning       varchar not null,
    paired_real_images varchar[] not null,
    status             varchar not null,   -- ok, or: duplicate_id, unreadable, incomplete
    reason             varchar
);

-- Raw rows that a declaration should have understood and did not. Nothing becomes 'None' quietly.
create table if not exists underivable (
    member_id    bigint not null,
    source       varchar not null,
    code         varchar not null,         -- unmatched, missing_in_map, missing_in_table, bad_file_id, duplicate_id
    detail       varchar not null
);

-- The head of each source's declaration; filled together with attributes. For cards, citations, exports.
create table if not exists source_info (
    source       varchar not null,
    name         varchar not null,
    licence      varchar not null,
    citation     varchar not null,
    homepage     varchar not null
);

-- Results of reading an image; kept for good, looked up by member. 'inspect --again' replaces what may be wrong.
create table if not exists inspection (
    member_id    bigint not null,
    hash         varchar,                  -- sha256 of the stored bytes, hex
    byte_size    bigint,
    width        integer,
    height       integer,
    format       varchar,                  -- JPEG, PNG, WEBP, ...
    mode         varchar,                  -- RGB, L, P, RGBA, CMYK, I;16, ...
    jpeg_quality integer,                  -- estimated from the quantisation tables; null where not a JPEG
    quantisation varchar,                  -- fingerprint of the quantisation tables
    has_exif     boolean,
    pixel_hash   varchar,                  -- equal for equal pixels, with any metadata
    phash        ubigint,                  -- 64-bit perceptual hash
    status       varchar not null,         -- ok, or a stable word for why it cannot be used
    reason       varchar
);

create table if not exists selection (
    name            varchar not null,
    split           varchar not null,
    position        bigint not null,       -- order inside name and split; spares count on after the rest
    file_id         varchar not null,
    role            varchar not null,      -- listed, sampled, paired, complement, spare
    stratum         varchar not null,      -- a spare of the same stratum and split may replace the row
    substituted_for varchar                -- file_id whose place this row takes
);

-- What each selection was made from.
create table if not exists selection_run (
    name        varchar not null,
    recipe      varchar not null,          -- the recipe's text, or the lists' names
    recipe_hash varchar not null,          -- sha256 of it
    seed        varchar not null
);

-- Rows that a selection left out, each with the step that did and why.
create table if not exists selection_excluded (
    name    varchar not null,
    file_id varchar not null,
    step    varchar not null,
    reason  varchar not null
);

-- Rows of an imported manifest: what the other lab had. A build checks the bytes against hash and size,
-- and takes the metadata from here. Columns as sql/share/rows.sql.
create table if not exists shared_row (
    name               varchar not null,   -- of the selection that the import made
    split              varchar not null,
    position           bigint not null,
    role               varchar not null,
    stratum            varchar not null,
    substituted_for    varchar,
    file_id            varchar not null,
    source             varchar not null,
    origin             varchar not null,
    generator          varchar not null,
    label              tinyint not null,
    description        varchar not null,
    positive_prompt    varchar not null,
    negative_prompt    varchar not null,
    conditioning       varchar not null,
    paired_real_images varchar[] not null,
    size               bigint not null,
    hash               varchar not null,
    pixel_hash         varchar,
    width              integer,
    height             integer,
    format             varchar,
    mode               varchar
);

-- The logical path of a member: every archive on the way is a folder (docs/architecture.md, "The logical path").
-- Its Python twin, with the same list of suffixes, is indexer/containers/names.py.
create or replace macro archive_name(path) as regexp_replace(path,
    '(?i)(?:\.tar\.(?:gz|bz2|xz|zst|lzma|lz4|z)'
    || '|\.(?:zip|7z|tar|tgz|tbz2?|txz|tzst|rar|gz|bz2|xz|zst|lzma|lz4|cpio|iso|jar|whl|cbz|arrow|parquet)'
    || '|\.z\d{2,4}|\.r\d\d|\.part\d+\.rar)(?:\.\d{2,4})?$', '');

-- The content of an archive, below the folder of its name.
create or replace macro path_below(archive, inner_name) as
    case when starts_with(regexp_replace(inner_name, '^(?:\./|/)+', '') || '/', split_part(archive, '/', -1) || '/')
        then left(archive, length(archive) - length(split_part(archive, '/', -1)))
        else archive || '/'
    end || regexp_replace(inner_name, '^(?:\./|/)+', '');

create or replace macro logical_path(path, name) as
    case when name is null then path
        when position('!' in name) = 0 then path_below(archive_name(path), name)
        else list_reduce(
            list_prepend(archive_name(path), string_split(regexp_replace(name,
                '(?i)(?:\.tar\.(?:gz|bz2|xz|zst|lzma|lz4|z)'
                || '|\.(?:zip|7z|tar|tgz|tbz2?|txz|tzst|rar|gz|bz2|xz|zst|lzma|lz4|cpio|iso|jar|whl|cbz|arrow|parquet)'
                || '|\.z\d{2,4}|\.r\d\d|\.part\d+\.rar)(?:\.\d{2,4})?!', chr(0), 'g'), chr(0))),
            lambda outer_path, level: path_below(outer_path, level))
    end;

-- Raw rows as declarations see them: one spelling of the path, and its parts.
create or replace view raw_file as
select
    m.member_id,
    c.source,
    c.container_id,
    m.ordinal,
    m.access,
    m.size,
    m.problem,
    logical_path(m.path, m.name) as logical,
    -- without the suffix of its last component; a cell has none
    case when m.access = 'cell' then logical else regexp_replace(logical, '\.[^./]*$', '') end as path,
    case when m.access = 'cell' then '' else regexp_extract(logical, '\.([^./]*)$', 1) end as suffix,
    -- the Arrow or Parquet file of a cell, as side_row.path spells it, and its row there
    case when m.access = 'cell' and contains(m.name, '!')
        then logical_path(m.path, regexp_replace(m.name, '![^!]*$', '')) else m.path end as record_path,
    case when m.access = 'cell' then try_cast(split_part(split_part(m.name, '!', -1), '/', 1) as bigint) end as line,
    -- a row without an image is no image: 'empty cell' is what the listing calls it
    (m.access = 'cell' and m.problem is distinct from 'empty cell') or (
        m.access <> 'cell' and regexp_matches(logical, '(?i)\.(?:png|jpe?g|jpe|jfif|webp|bmp|gif|tiff?|ppm|pgm|avif|heic|jp2)$')
        and not regexp_matches(logical, '(?:^|/)(?:__MACOSX/|\._)')
    ) as is_image
from member m
join container c using (container_id);

create or replace view manifest as
select
    a.file_id,
    a.source,
    m.path,
    m.name as member,
    coalesce(i.byte_size, m.size) as size,
    i.hash,
    a.origin,
    a.generator,
    a.label,
    a.description,
    a.positive_prompt,
    a.negative_prompt,
    a.conditioning,
    a.paired_real_images,
    i.width,
    i.height,
    i.format,
    i.mode,
    case when a.status <> 'ok' then a.status when i.status is not null then i.status else 'ok' end as status,
    coalesce(a.reason, i.reason) as reason,
    i.jpeg_quality,
    i.quantisation,
    i.has_exif,
    i.pixel_hash,
    i.phash,
    m.name_bytes,
    a.member_id,
    m.container_id,
    m.ordinal,
    m.access,
    m."offset",
    m.packed_size,
    m.method,
    m.crc32
from attributes a
join member m using (member_id)
left join inspection i using (member_id);
