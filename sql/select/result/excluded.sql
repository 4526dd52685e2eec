-- Every row of the manifest that is not selected: the step that excluded it, and the reason.
with candidate as (
    select
        a.* exclude (origin, generator),
        coalesce(s.section, a.origin) as origin,
        coalesce(e.stratum, a.generator) as generator,
        a.label = 0 and not $every_label as is_real,
        $is_filtered and e.file_id is null as is_filtered
    from attributes a
    left join work.section s using (file_id)
    left join work.eligible e using (file_id)
),

moved as (
    select e.file_id
    from work.earlier e
    join work.image_group c using (file_id)
    join work.fixed_split f on f.group_id = c.group_id and f.split <> e.split
)

select
    $name as name,
    a.file_id,
    case
        when a.status <> 'ok' then 'rank'
        when a.is_filtered then 'rank'
        when v.step is not null then v.step
        when b.file_id is not null then 'extend'
        when a.is_real and $real_origins is not null and not list_contains($real_origins, a.origin) then 'rank'
        when a.is_real then 'photographs'
        when q.generator is null or coalesce(c.cap, $cap, 1) = 0 then 'rank'
        else 'quotas'
    end as step,
    case
        when a.status <> 'ok' then coalesce(a.reason, a.status)
        when a.is_filtered then 'it does not fulfil the recipe''s where or require'
        when v.reason is not null then v.reason
        when b.file_id is not null then 'its group is in another split than in the extended selection'
        when a.is_real and $real_origins is not null and not list_contains($real_origins, a.origin)
            then 'the recipe takes no real images from its origin'
        when a.is_real then 'enough real images come before it'
        when a.generator = '' then 'its generator is not known'
        when list_contains($excluded_generators, a.generator) then 'the recipe takes none of its generator'
        when q.generator is null and d.generator is null then 'the recipe does not name its generator'
        when d.generator is not null then 'its generator was dropped: it cannot reach its number'
        when coalesce(c.cap, $cap, 1) = 0 then 'the recipe takes none of its generator from its origin'
        else 'enough images of its generator come before it'
    end as reason
from candidate a
anti join work.result r using (member_id)
left join work.exclusion v using (member_id)
left join moved b using (file_id)
left join work.fake_quota q using (generator)
left join work.cap c using (generator, origin)
left join work.dropped d using (generator)
