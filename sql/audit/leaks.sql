-- Real images, prompts and declared groups that images of several splits share. Real images are compared by content, also
-- those of fakes that are not selected. Near real images are counted if one of a pair is not selected: pairs of selected
-- images are near duplicates.
with near as (
    select one, other from work.near
    union all
    select other, one from work.near
    union all
    select distinct phash, phash from work.audit_photograph where phash is not null
),

tie as (
    select 'real image' as kind, picture as shared, split, file_id as example
    from work.audit_photograph
    union all
    select 'near real image', least(a.picture, b.picture) || ' ' || greatest(a.picture, b.picture), unnest([a.split, b.split]), a.file_id
    from work.audit_photograph a
    join near n on n.one = a.phash
    join work.audit_photograph b on b.phash = n.other
    where a.split <> b.split
      and a.picture <> b.picture
      and not (a.is_audited and b.is_audited)
    union all
    select 'prompt', positive_prompt, split, positive_prompt
    from work.audited
    where label = 1 and positive_prompt <> ''
    union all
    select 'declared group', group_id, split, group_id
    from work.audited
    where group_id <> ''
),
leak as (
    select kind, shared, count(*) as images, min(example) as example
    from tie
    group by kind, shared
    having count(distinct split) > 1
)
select kind, count(*) as groups, sum(images)::bigint as images, min(example) as example
from leak
group by kind
order by kind desc
