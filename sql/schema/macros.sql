-- The macros of a manifest. They are created again whenever a manifest is opened: a change needs no migration.

-- archive_suffix(), a pattern, is created from the table of container kinds, and image_name_end() from that of image
-- formats (indexer/manifest/derived_macros.py).
create or replace macro archive_name(path) as regexp_replace(path, archive_suffix() || '$', '');

-- The logical path of a member: its path below the folder that replaces the archive.
create or replace macro path_below(archive, inner_name) as
    case when starts_with(regexp_replace(inner_name, '^(?:\./|/)+', '') || '/', split_part(archive, '/', -1) || '/')
        then left(archive, length(archive) - length(split_part(archive, '/', -1)))
        else archive || '/'
    end || regexp_replace(inner_name, '^(?:\./|/)+', '');

-- The logical path of a raw row: every archive is a folder (docs/architecture.md, "The logical path").
create or replace macro logical_path(path, name) as
    case when name is null then path
        when position('!' in name) = 0 then path_below(archive_name(path), name)
        else list_reduce(
            list_prepend(
                archive_name(path), string_split(regexp_replace(name, archive_suffix() || '!', chr(0), 'g'), chr(0))
            ),
            lambda outer_path, level: path_below(outer_path, level)
        )
    end;
