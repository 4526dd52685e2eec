-- The sha256 of each row of `incoming`, over all columns as length:text, so that different rows have different texts.
-- Null is '-'. The columns are in the order of sql/share/rows.sql. A new column needs a new format version.
with texts as (
    select
        split,
        position,
        file_id,
        [
            split, position::varchar, role, stratum, substituted_for, file_id, source, origin, generator,
            label::varchar, description, positive_prompt, negative_prompt, conditioning,
            array_to_string(list_transform(paired_real_images, lambda p: strlen(p)::varchar || ':' || p), ''),
            size::varchar, hash, pixel_hash, width::varchar, height::varchar, format, mode
        ] as fields
    from incoming
)
select
    split,
    position,
    file_id,
    sha256(array_to_string(
        list_transform(fields, lambda f: coalesce(strlen(f)::varchar || ':' || f, '-')), ''
    )) as digest
from texts
order by split, position
