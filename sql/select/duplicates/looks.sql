-- Rows with their perceptual hashes. Rows of one hash, label and kin are one item: they are kept or dropped together. `kin`
-- is common to images that belong together by declaration: fakes of one photograph, the photograph, and a declared group.
-- Items that are not kin of the first one of their hash are no core: they only survive if that one is dropped.
with row_look as (
    select
        c.preference,
        c.phash,
        if($across_labels, 0, a.label) as label,
        case
            when $within_groups then c.preference::varchar
            when a.group_id <> '' then chr(0) || a.group_id
            else coalesce(list_min(a.paired_real_images), a.file_id)
        end as kin,
        c.member_id in (select member_id from work.excluded) as is_excluded
    from work.checked c
    join attributes a using (member_id)
    anti join work.exact e on e.preference = c.preference
    where c.refusal is null and c.phash is not null and $radius >= 0
)
select
    preference,
    phash,
    label,
    kin,
    is_excluded,
    min(preference) over (partition by phash, label, kin, is_excluded) as item,
    kin = arg_min(kin, preference) over (partition by phash, label) as is_core
from row_look
