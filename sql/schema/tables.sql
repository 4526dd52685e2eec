-- Every table of a manifest: raw rows first, then the attributes that declarations derive, then selections.
-- Nothing here depends on this machine: paths are relative to a source's root.
-- A change here needs a migration in sql/migrations (docs/architecture.md, "Changing the schema").

create sequence container_ids;
create sequence member_ids;

-- One row per program that created or migrated the file; the highest version is the file's.
create table made_by (
    schema_version integer not null,
    tool_version   varchar not null
);

-- Raw rows: one per container. The loose files of a source are one container of kind 'folder' with the path ''.
create table container (
    container_id bigint not null,          -- kept over rescans while the fingerprint is unchanged
    source       varchar not null,         -- key in local.cfg
    path         varchar not null,         -- relative to the source's root; the last or only volume; '' for loose files
    path_bytes   blob,                     -- the raw bytes of a path that is not UTF-8 (path is then escaped)
    kind         varchar not null,         -- folder, zip, tar, 7z, stream, arrow, parquet
    volumes      struct(path varchar, size bigint, mtime_ns bigint)[] not null, -- in reading order
    size         bigint not null,          -- bytes of all volumes
    fingerprint  varchar not null,         -- of volumes, sizes and mtimes; an equal one is not read again
    status       varchar not null,         -- complete, partial, failed, skipped
    reason       varchar,                  -- why it is not complete
    declared     bigint,                   -- number of members in the archive's header; null where it has none
    listed       bigint not null,          -- number of members that were listed
    row_count    bigint,                   -- rows of an Arrow or Parquet file
    revision     varchar,                  -- commit upstream, where the downloader recorded it
    published_hash varchar                 -- of the last or only volume, as the downloader recorded it: sha256:..., git:...
);

-- Raw rows: one per file or member of any type. Declarations decide which of them are images.
create table member (
    member_id    bigint not null,          -- kept over rescans while the file is unchanged
    container_id bigint not null,
    ordinal      bigint not null,          -- number in the outermost listing: identity and reading order
    path         varchar not null,         -- the file on disk, relative to the source's root
    name         varchar,                  -- path inside it, levels joined by '!', 'row/column' in Arrow; null if loose
    name_bytes   blob,                     -- the raw bytes of a name that is not UTF-8 (name or path is then escaped)
    size         bigint,                   -- bytes unpacked; null if unknown before reading
    packed_size  bigint,                   -- bytes as stored
    method       varchar,                  -- stored, deflate, deflate64, bzip2, lzma, zstd, ...
    crc32        uinteger,                 -- null if the container has none
    access       varchar not null,         -- file, slice, zip, sequential, cell (docs/architecture.md)
    "offset"     bigint,                   -- for slice and zip: position over all volumes
    mtime_ns     bigint,                   -- of a loose file
    problem      varchar                   -- why it cannot be read; null if no problem is known
);

-- Rows of side files (csv, json, jsonl, txt, sidecars) and the scalar columns of Arrow and Parquet rows.
create table side_row (
    source       varchar not null,
    table_name   varchar not null,         -- [tables.NAME] of the declaration
    container_id bigint not null,
    path         varchar not null,         -- logical path of the side file
    line         bigint not null,          -- from 0: rows of a csv, elements of a JSON list, rows of an Arrow file
    record       json not null             -- column name -> value
);

-- The health report: problems of containers and members.
create table finding (
    container_id bigint not null,
    ordinal      bigint,                   -- null: the container as a whole
    code         varchar not null,         -- stable: volume-missing, truncated, overlap, crc, encrypted, ...
    detail       varchar not null
);

-- One row per image, derived from raw rows by declarations. sql/derive fills it again after every scan.
create table attributes (
    member_id          bigint not null,
    source             varchar not null,
    file_id            varchar not null,
    origin             varchar not null,
    generator          varchar not null,   -- empty for a real image
    label              tinyint not null,   -- 0 real, 1 fake
    description        varchar not null,
    positive_prompt    varchar not null,
    negative_prompt    varchar not null,
    conditioning       varchar not null,
    paired_real_images varchar[] not null,
    status             varchar not null,   -- ok, duplicate_id, unreadable or incomplete
    reason             varchar,
    kind               varchar,            -- real, synthetic or tampered
    group_id           varchar,            -- images with the same one must share a split; null if unknown
    extra              map(varchar, varchar), -- further columns that the declaration names
    companions         map(varchar, varchar), -- role -> file_id of a mask, a reconstruction, an original
    generator_released date                -- of sources/_generators.csv, else of extra['release_date']; null if unknown
);

-- Images that accompany others and have no row of their own: masks, reconstructions. Derived with attributes.
create table companion (
    member_id    bigint not null,
    source       varchar not null,
    file_id      varchar not null,         -- as in attributes.companions; differs from those of all images
    role         varchar not null,         -- mask, reconstruction, ...
    status       varchar not null,         -- ok or unreadable
    reason       varchar
);

-- Further copies of images: as attributes, with their order among the copies of one file_id. If an image is found bad,
-- the first copy that is not takes its place in attributes. Filled together with attributes.
create table other_copy as
select *, 0::bigint as rank
from attributes
limit 0;

-- Raw rows of which a declaration could not derive all attributes.
create table derivation_error (
    member_id    bigint not null,
    source       varchar not null,
    code         varchar not null,         -- unmatched, missing_in_map, missing_in_table, bad_file_id, duplicate_id
    detail       varchar not null
);

-- The head of each source's declaration, for cards, citations and exports. Filled together with attributes.
create table source_info (
    source       varchar not null,
    name         varchar not null,
    licence      varchar not null,
    citation     varchar not null,
    homepage     varchar not null
);

-- Results of reading images, kept over rescans. 'inspect --again' replaces those that another try may improve.
create table inspection (
    member_id    bigint not null,
    hash         varchar,                  -- sha256 of the stored bytes, hex
    byte_size    bigint,
    width        integer,                  -- upright: after the EXIF orientation
    height       integer,
    format       varchar,                  -- JPEG, PNG, WEBP, ...
    mode         varchar,                  -- RGB, L, P, RGBA, CMYK, I;16, ...
    jpeg_quality integer,                  -- estimated from the quantisation tables; null if not a JPEG
    qtables_hash varchar,                  -- hash of the quantisation tables
    has_exif     boolean,
    pixel_hash   varchar,                  -- hash of the decoded pixels; metadata does not change it
    phash        ubigint,                  -- 64-bit perceptual hash
    status       varchar not null,         -- ok, or a stable code: crashed, truncated, undecodable, ...
    reason       varchar,
    metadata_removed boolean,              -- readers can only open a copy without the damaged metadata
    outdated     boolean,                  -- of an earlier version: to be renewed when the image is needed
    -- Traits of the file. Null: it has none; all are null if encoder is (another status, or an earlier version).
    software     varchar,                  -- EXIF Software, or the PNG text of that keyword
    camera_make  varchar,                  -- EXIF Make
    text_keys    varchar,                  -- keywords of a PNG's texts, sorted: 'prompt, workflow'
    source_type  varchar,                  -- IPTC DigitalSourceType: trainedAlgorithmicMedia, ...
    icc_profile  varchar,                  -- name of the colour profile, or 'unnamed'
    has_xmp      boolean,
    has_c2pa     boolean,                  -- a C2PA manifest (JUMBF)
    has_comment  boolean,                  -- of a JPEG or GIF
    has_alpha    boolean,
    bit_depth    integer,                  -- bits per sample
    subsampling  varchar,                  -- of a JPEG: 4:2:0, 4:4:4, ...
    is_progressive boolean,                -- of a JPEG
    is_interlaced  boolean,                -- of a PNG or GIF
    encoder      varchar,                  -- format and a digest of quantisation tables, sampling and order of blocks
    phash_256    varchar                   -- 256-bit perceptual hash, hex: confirms near duplicates; null: none
);

create table selection (
    name            varchar not null,
    split           varchar not null,
    position        bigint not null,       -- order within name and split; spares follow the other rows
    file_id         varchar not null,
    role            varchar not null,      -- listed, sampled, paired, complement, spare
    stratum         varchar not null,      -- a spare may replace rows of its stratum and split
    substituted_for varchar                -- file_id of the row that this one replaces
);

-- The record of each selection.
create table selection_run (
    name        varchar not null,
    recipe      varchar not null,          -- the recipe's text, the query as TOML, or the names of the lists
    recipe_hash varchar not null,          -- sha256 of it
    seed        varchar not null,
    made_from   varchar,                   -- recipe, query, lists or export; null if an earlier version made it
    made_at     timestamp,                 -- in UTC; null if an earlier version made it
    algorithm   varchar,                   -- of the steps of sql/select: equal ones select equal images; null as above
    extends     varchar                    -- the selection whose images kept their splits; null if none
);

-- The bins of a matched selection, per split: images before and after matching.
create table selection_bin (
    name       varchar not null,
    split      varchar not null,
    bin        varchar not null,           -- the bins of all columns, in the recipe's order
    fakes      bigint not null,            -- before matching
    candidates bigint not null,            -- real images that the split could take if no other split took any
    matched    bigint not null,            -- fakes that are kept
    nearest    bigint not null,            -- of these, with a real image of another bin
    reals      bigint not null             -- real images of this bin in the split, after matching
);

-- The real images that were matched with each fake of a matched selection.
create table selection_pair (
    name    varchar not null,
    fake_id varchar not null,              -- file_id
    real_id varchar not null               -- file_id
);

-- The columns that a selection was matched on: differences between fakes and real images before and after.
create table selection_trait (
    name             varchar not null,
    trait            varchar not null,
    bins             varchar not null,     -- how it was divided
    smd_before       double,               -- standardised mean difference; null for texts
    smd_after        double,
    imbalance_before double,               -- half the sum of differences between shares of bins: 0 equal, 1 disjoint
    imbalance_after  double
);

-- How well metadata predict the label of a matched selection, before matching and after (balanced accuracy).
create table selection_shortcut (
    name              varchar not null,
    trait             varchar not null,
    before            double,
    after             double,
    chance            double not null
);

-- The bins of each column that a selection was matched on: images before and after matching.
create table selection_histogram (
    name         varchar not null,
    trait        varchar not null,
    position     bigint not null,          -- of the bin: ascending numbers, or names in order
    bin          varchar not null,
    fakes_before bigint not null,
    reals_before bigint not null,          -- candidates
    fakes_after  bigint not null,
    reals_after  bigint not null
);

-- Rows that a selection excluded, with the step and the reason.
create table selection_excluded (
    name    varchar not null,
    file_id varchar not null,
    step    varchar not null,
    reason  varchar not null
);

-- Rows of an imported manifest. A build checks the local bytes against hash and size, and takes the metadata from
-- here. Columns as sql/share/rows.sql.
create table shared_row (
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
    mode               varchar,
    local_file_id      varchar,            -- the image of this machine that was found for it; null if none was
    matched_by         varchar             -- file_id, sha256, or pixels (then its bytes are other ones)
);
