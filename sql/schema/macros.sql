-- The macros of a manifest. They are created again whenever a manifest is opened: a change needs no migration.

-- archive_suffix(), a pattern, is created from the table of container kinds, and image_name_end() from that of image
-- formats (indexer/manifest/derived_macros.py).
create or replace macro archive_name(path) as regexp_replace(path, archive_suffix() || '$', '');

-- A text with control characters as \x0a: lists of ids have one id per line.
create or replace macro escaped_controls(text) as
    array_to_string(
        list_transform(
            regexp_extract_all(text, '(?s).'),
            lambda letter: case when regexp_matches(letter, '[\x00-\x1f\x7f]') then printf('\x%02x', unicode(letter))
                else letter
            end
        ),
        ''
    );

-- A path in its one spelling: Unicode form NFC (macOS writes NFD); no empty, '.' and '..' components; control characters
-- are escaped first, since nfc_normalize ends at \x00.
create or replace macro clean_path(path) as
    case when not regexp_matches(path, '(?:^|/)(?:\.{0,2}/|\.{1,2}$)|/$|[\x00-\x1f\x7f]') then nfc_normalize(path)
        else list_reduce(
            list_prepend('', string_split(nfc_normalize(escaped_controls(path)), '/')),
            lambda done, part: case when part in ('', '.') then done
                when part = '..' then regexp_replace(done, '(?:^|/)[^/]*$', '')
                when done = '' then part
                else done || '/' || part
            end
        )
    end;

-- The logical path of a member: its clean path below the folder that replaces the archive.
create or replace macro path_below(archive, inner_path) as
    case when starts_with(inner_path || '/', split_part(archive, '/', -1) || '/')
        then left(archive, length(archive) - length(split_part(archive, '/', -1)))
        else archive || '/'
    end || inner_path;

-- The logical path of a raw row: every archive is a folder (docs/architecture.md, "The logical path"). archive is the
-- folder that replaces the outermost one: DuckDB compiles a pattern again wherever an argument is expanded.
create or replace macro logical_path_below(path, archive, name) as
    case when name is null then clean_path(path)
        when position('!' in name) = 0 then path_below(archive, clean_path(name))
        else list_reduce(
            list_prepend(
                archive,
                string_split(regexp_replace(name, archive_suffix() || '!', chr(0), 'g'), chr(0))
            ),
            lambda outer_path, level: path_below(outer_path, clean_path(level))
        )
    end;
create or replace macro logical_path(path, name) as logical_path_below(path, archive_name(clean_path(path)), name);

-- Why an image cannot be used, from its derived and its inspected state. Damage that the declaration knows explains any
-- bad result of an inspection; a sound copy does not have it.
create or replace macro reason_of(derived, derived_reason, inspected, inspected_reason) as case
    when derived <> 'ok' then derived_reason
    when starts_with(derived_reason, 'as published: ') then case inspected when 'ok' then null else derived_reason end
    else coalesce(inspected_reason, derived_reason)
end;

-- In how many bits two values of phash_256 differ; null if one is null.
create or replace macro finer_bits(one, other) as list_sum(list_transform(
    [1, 17, 33, 49],
    lambda digit: bit_count(
        xor(('0x' || substr(one, digit, 16))::ubigint, ('0x' || substr(other, digit, 16))::ubigint)
    )
));

-- Both perceptual hashes of an image as one text.
create or replace macro look(phash, phash_256) as format('{:016x}', phash) || coalesce(phash_256, '');
