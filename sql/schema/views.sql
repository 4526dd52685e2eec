-- The views of a manifest. They are created again whenever a manifest is opened: a change needs no migration.

-- Raw rows for declarations: the logical path and its parts. The inner SELECTs contain each pattern once: DuckDB expands an
-- alias or a macro's argument wherever it is named, and compiles all patterns in it again.
create or replace view raw_file as
select
    f.member_id,
    f.source,
    f.container_id,
    f.ordinal,
    f.access,
    f.size,
    f.problem,
    f.logical,
    -- without the suffix of the last component; a cell has no suffix
    case when f.access = 'cell' then f.logical else regexp_replace(f.logical, '\.[^./]*$', '') end as logical_stem,
    case when f.access = 'cell' then '' else regexp_extract(f.logical, '\.([^./]*)$', 1) end as suffix,
    -- of a cell: its Arrow or Parquet file, as in side_row.path, and its row there
    case when f.access = 'cell' and contains(f.name, '!')
        then logical_path_below(f.path, f.archive, regexp_replace(f.name, '![^!]*$', '')) else clean_path(f.path)
        end as record_path,
    case when f.access = 'cell' then try_cast(split_part(split_part(f.name, '!', -1), '/', 1) as bigint) end as line,
    -- listings report a cell without an image as an 'empty cell'
    (f.access = 'cell' and f.problem is distinct from 'empty cell') or (
        f.access <> 'cell' and regexp_matches(f.logical, image_name_end())
        and not regexp_matches(f.logical, '(?:^|/)(?:__MACOSX/|\._)')
    ) as is_image
from (
    select raw.*, logical_path_below(raw.path, raw.archive, raw.name) as logical
    from (
        select m.*, c.source, case when m.name is not null then archive_name(clean_path(m.path)) end as archive
        from member m
        join container c using (container_id)
    ) raw
) f;

-- The location of each member's bytes, with its container, as indexer/containers/from_manifest.py reads it.
create or replace view member_location as
select
    m.member_id,
    m.container_id,
    c.source,
    c.path as container_path,
    c.path_bytes,
    c.kind,
    c.volumes,
    m.ordinal,
    m.path,
    m.name,
    m.name_bytes,
    m.access,
    m."offset",
    m.packed_size,
    m.size,
    m.method,
    m.crc32,
    m.mtime_ns,
    -- Without random access; Parquet cells without an offset are read by row groups, so their file is read once, too.
    m.access = 'sequential' or (c.kind = 'parquet' and m."offset" is null) as is_sequential
from member m
join container c using (container_id);

-- Files of which the downloader recorded the revision or the hash. Paths are without the revision that a hub cache adds.
create or replace view upstream_file as
select
    container_id,
    source,
    regexp_replace(path, '(?:^|/)snapshots/[0-9a-f]{40}/', '/') as path,
    coalesce(revision, '') as revision,
    coalesce(published_hash, '') as published_hash
from container
where revision is not null or published_hash is not null;

-- One row per image.
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
    reason_of(a.status, a.reason, i.status, i.reason) as reason,
    i.jpeg_quality,
    i.qtables_hash,
    i.has_exif,
    i.pixel_hash,
    i.phash,
    i.software,
    i.camera_make,
    i.text_keys,
    i.source_type,
    i.icc_profile,
    i.has_xmp,
    i.has_c2pa,
    i.has_comment,
    i.has_alpha,
    i.bit_depth,
    i.subsampling,
    i.is_progressive,
    i.is_interlaced,
    i.encoder,
    m.name_bytes,
    a.member_id,
    m.container_id,
    m.ordinal,
    m.access,
    m."offset",
    m.packed_size,
    m.method,
    m.crc32,
    coalesce(a.kind, case a.label when 0 then 'real' else 'synthetic' end) as kind,
    a.group_id,
    coalesce(a.extra, cast(map() as map(varchar, varchar))) as extra,
    coalesce(a.companions, cast(map() as map(varchar, varchar))) as companions,
    a.generator_released,
    i.phash_256
from attributes a
join member m using (member_id)
left join inspection i using (member_id);
