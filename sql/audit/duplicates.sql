-- Duplicates: the number of groups of equal bytes or of equal pixels (in other bytes), and of pairs of near duplicates, and
-- how many of them are over several splits or labels.
with equal_bytes as (
    select
        'equal bytes' as kind,
        count(distinct split) > 1 as over_splits,
        count(distinct label) > 1 as over_labels,
        min(file_id) || ' = ' || max(file_id) as example
    from work.audited
    where hash is not null
    group by hash
    having count(*) > 1
),
equal_pixels as (
    select
        'equal pixels' as kind,
        count(distinct split) > 1 as over_splits,
        count(distinct label) > 1 as over_labels,
        min(file_id) || ' = ' || max(file_id) as example
    from work.audited
    where pixel_hash is not null
    group by pixel_hash
    having count(distinct hash) > 1
),
hashed as (
    select
        phash,
        list_sort(list(distinct split)) as splits,
        list_sort(list(distinct label)) as labels,
        count(distinct coalesce(pixel_hash, hash)) as contents,
        min(file_id) as first,
        max(file_id) as last
    from work.audited
    where phash is not null
    group by phash
),
near as (
    select
        'near duplicates' as kind,
        len(list_distinct(a.splits || b.splits)) > 1 as over_splits,
        len(list_distinct(a.labels || b.labels)) > 1 as over_labels,
        a.first || ' ~ ' || b.first as example
    from work.near n
    join hashed a on a.phash = n.one
    join hashed b on b.phash = n.other
    union all
    select 'near duplicates', len(splits) > 1, len(labels) > 1, first || ' ~ ' || last
    from hashed
    where contents > 1
)
select
    kind,
    count(*) as groups,
    count(*) filter (over_splits) as over_splits,
    count(*) filter (over_labels) as over_labels,
    coalesce(min(example) filter (over_splits), min(example)) as example
from (from equal_bytes union all from equal_pixels union all from near)
group by kind
order by kind
